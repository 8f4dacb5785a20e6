import * as pulumi from "@pulumi/pulumi";
import type { Client } from "../provider/client";
import { functions } from "../provider/spec";
import type { GetServerArgs, GetServerResult, GetServersArgs, GetServersResult } from "./types";
import { userError } from "./user-error";

/** The same arguments, which may come from other resources. */
type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K]> };

/** What a lookup waits for besides the resources that its arguments come from. */
type LookupOutputOptions = Pick<pulumi.InvokeOutputOptions, "dependsOn">;

/**
 * Looks up a server that this program does not own, by `id` or by `name`. It is read in previews, too.
 * Rejects with a `pulumi.RunError` that says what to do if there is none, or if several share the name.
 */
export async function getServer(args: GetServerArgs): Promise<GetServerResult> {
  const server = await lookUp("getServer", args);
  return { ...server, token: pulumi.secret(server.token) };
}

/**
 * Like `getServer`, with arguments that may be outputs. Waits for the resources that they come from: in a
 * preview the result is unknown if one of those is yet to be created. All of the result is secret, because
 * the token in it is.
 */
export function getServerOutput(
  args: Inputs<GetServerArgs>,
  opts: LookupOutputOptions = {},
): pulumi.Output<pulumi.Unwrap<GetServerResult>> {
  return afterResources(args, opts).apply((known) => pulumi.output(getServer(known)));
}

/** Lists the servers of the account. It is read in previews, too. Rejects with a `pulumi.RunError`. */
export async function getServers(args: GetServersArgs = {}): Promise<GetServersResult> {
  const { servers } = await lookUp("getServers", args);
  // Mocks may return nothing.
  return { servers: (servers ?? []).map((server) => ({ ...server, token: pulumi.secret(server.token) })) };
}

/** Like `getServers`, but takes outputs and waits as `getServerOutput` does. The whole result is secret. */
export function getServersOutput(
  args: Inputs<GetServersArgs> = {},
  opts: LookupOutputOptions = {},
): pulumi.Output<pulumi.Unwrap<GetServersResult>> {
  return afterResources(args, opts).apply((known) => pulumi.output(getServers(known)));
}

/** Arguments that a preview knows only once every resource they come from, or in `dependsOn`, exists. */
function afterResources<Args extends object>(args: Args, { dependsOn = [] }: LookupOutputOptions) {
  const known = pulumi.output(args);
  const sources = (known as unknown as HasResources).allResources();
  const ids = pulumi
    .output([sources.then((resources) => [...resources]), dependsOn])
    // A resource that is yet to be created has an unknown id, although its name may be known.
    .apply((resources) =>
      resources.flat().flatMap((one) => (pulumi.CustomResource.isInstance(one) ? [one.id] : [])),
    );
  return pulumi.all([known, ids]).apply(([value]) => value);
}

/** A part of every Output that Pulumi's own lookups use, and that its declarations leave out. */
interface HasResources {
  allResources(): Promise<Set<pulumi.Resource>>;
}

/** One per configuration, so that lookups share connections. */
const clients = new Map<string, Client>();

type Lookups = typeof import("../provider/lifecycle/lookups");

/**
 * Runs a lookup with the stack's configuration; in a unit test with Pulumi's mocks, asks those. What it needs
 * is loaded here: most programs look nothing up.
 */
async function lookUp<Name extends keyof typeof functions>(
  name: Name,
  args: GetServerArgs | GetServersArgs,
): Promise<Awaited<ReturnType<Lookups[Name]>>> {
  if (hasMocks()) return pulumi.runtime.invoke(functions[name].token, args);
  const { createClient, PostjectError, startDeadline } =
    require("../provider/client") as typeof import("../provider/client");
  const settings = require("../provider/settings") as typeof import("../provider/settings");
  const lookups: Lookups = require("../provider/lifecycle/lookups");
  try {
    const known = lookups.checkArguments(name, { ...args }, { isDynamic: true });
    const sources = settings.sourcesOf(pulumi.runtime.getConfig, known.account);
    const configuration = settings.requireConfiguration(settings.resolveConfiguration(sources));
    const key = JSON.stringify(configuration);
    const client = clients.get(key) ?? createClient(configuration);
    clients.set(key, client);
    const run: (...call: Parameters<Lookups["getServer"]>) => Promise<unknown> = lookups[name];
    return (await run(client, known, startDeadline())) as Awaited<ReturnType<Lookups[Name]>>;
  } catch (error) {
    throw error instanceof PostjectError ? userError(error.message) : error;
  }
}

/** Whether the program runs in a unit test: Pulumi's mock engine keeps the user's mocks in this property. */
function hasMocks(): boolean {
  const monitor = pulumi.runtime.getMonitor();
  return monitor !== undefined && "mocks" in monitor;
}
