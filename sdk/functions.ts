import * as pulumi from "@pulumi/pulumi";
import type { Client } from "../provider/client";
import { configurationKeys, PACKAGE_NAME } from "../provider/spec";
import type { GetServerArgs, GetServerResult, GetServersArgs, GetServersResult } from "./types";

/** The same arguments, which may come from other resources. */
type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K]> };

/**
 * Looks up a server that this program does not own, by `id` or by `name`. It is read in previews, too.
 * Rejects with an error that says what to do if there is none, or if several share the name.
 */
export async function getServer(args: GetServerArgs): Promise<GetServerResult> {
  const { client, lookup } = await connect();
  const server = await lookup.getServer(client, args, lookup.startDeadline());
  return { ...server, token: pulumi.secret(server.token) };
}

/** Like `getServer`, with arguments that may be outputs. All of the result is secret, because the token in it is. */
export function getServerOutput(args: Inputs<GetServerArgs>): pulumi.Output<pulumi.Unwrap<GetServerResult>> {
  return pulumi.output(args).apply((known) => pulumi.output(getServer(known)));
}

/** Lists the servers of the account. It is read in previews, too. */
export async function getServers(args: GetServersArgs = {}): Promise<GetServersResult> {
  const { client, lookup } = await connect();
  const { servers } = await lookup.getServers(client, args, lookup.startDeadline());
  return { servers: servers.map((server) => ({ ...server, token: pulumi.secret(server.token) })) };
}

/** Like `getServers`, with arguments that may be outputs. All of the result is secret, because the tokens in it are. */
export function getServersOutput(
  args: Inputs<GetServersArgs> = {},
): pulumi.Output<pulumi.Unwrap<GetServersResult>> {
  return pulumi.output(args).apply((known) => pulumi.output(getServers(known)));
}

/** The client is loaded here and not at the top: most programs look nothing up. */
async function connect(): Promise<{ client: Client; lookup: typeof import("../provider/client") }> {
  const lookup = await import("../provider/client/index.js");
  const provider = Object.fromEntries(
    configurationKeys.map((key) => [key, pulumi.runtime.getConfig(`${PACKAGE_NAME}:${key}`)]),
  );
  return { lookup, client: lookup.createClient(lookup.requireConfiguration({ provider, env: process.env })) };
}
