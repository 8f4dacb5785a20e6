import { createClient, PostjectError } from "../../client";
import type { Owner, Run } from "../../lifecycle";
import * as lifecycle from "../../lifecycle";
import {
  type ConfigurationResolution,
  type Properties,
  requireConfiguration,
  resolveConfiguration,
  sourcesOf,
  UNKNOWN,
} from "../../settings";
import { PACKAGE_NAME, serverResource, withCode } from "../../spec";
import { endWithEngine } from "../end-with-engine";
import { createEngineLog, type LogProtocol } from "../engine-log";
import { fromSentinel, toSentinel } from "../unknown";

// The constant provider string in every dynamic resource's state names this module, so it never moves. It
// speaks the interface of `pulumi.dynamic.ResourceProvider` without importing Pulumi, which the host that
// calls it has loaded anyway.

type StringKeyed = Record<string, unknown>;

interface Checked {
  readonly inputs?: StringKeyed;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

const PROVIDER_KEY = "__provider";

/** Pulumi's host process, if this module runs in one and not in a test. */
const hostProcess = require.main?.filename.includes("dynamic-provider") ? require.main : undefined;

// It would outlive an engine that is killed.
if (hostProcess !== undefined) endWithEngine(() => process.exit(0));

/** Shows notices at the stack, since the host is told no URN. Its first argument is the engine's address. */
const log = createEngineLog(hostProcess && process.argv[2], loadLogProtocol);

type StackConfiguration = { get(key: string): unknown };

let stackConfiguration: StackConfiguration = { get: () => undefined };
/** By `account`, since each call needs one. They hold until the host is reconfigured, as in the plugin. */
const resolutions = new Map<string | undefined, ConfigurationResolution>();
/** By their configuration. */
const runs = new Map<string, Run>();
/** By inputs, the resource last checked with them: the other methods are not told which resource it is. */
const owners = new Map<string, Owner>();

/**
 * Takes the stack configuration. Does all its work before it returns: the host calls the other methods
 * without waiting for it.
 */
export async function configure({ config }: { config: StackConfiguration }): Promise<void> {
  stackConfiguration = config;
  resolutions.clear();
  runs.clear();
  owners.clear();
}

/** Its type is spelled out so that the package's declarations do not reach the bundled zod via the client. */
export async function check(olds: StringKeyed, news: StringKeyed): Promise<Checked> {
  if (fromSentinel(news.account) === UNKNOWN)
    return { failures: [{ property: "account", reason: "must be known when the program runs" }] };
  // The server of a resource that moves to another account is protected, and deleted, as its own account is.
  const isMoved = Object.keys(olds).length > 0 && olds.account !== news.account;
  const old = isMoved ? resolveAccount(olds) : undefined;
  const failures = [...resolveAccount(news).failures, ...(old?.failures ?? [])];
  if (failures.length > 0)
    return {
      failures: failures.map(({ reason, code }) => ({ property: "", reason: withCode(reason, code) })),
    };
  return callHost(async () => {
    const { [serverResource.dynamicAutoName]: autoName, ...given } = news;
    const owner = typeof autoName === "string" ? autoName : undefined;
    const checked = lifecycle.check(getRun(news), {
      owner,
      oldInputs: fromHost(olds),
      inputs: fromHost(given),
      oldProtection: old?.configuration?.deletionProtection,
      ...(owner !== undefined && { autoName: () => owner }),
    });
    const inputs = toHost(checked.inputs);
    if (owner !== undefined) {
      const key = identify(inputs);
      // Two resources with the same inputs cannot be told apart.
      owners.set(key, owners.has(key) && owners.get(key) !== owner ? undefined : owner);
    }
    return { inputs, failures: checked.failures };
  });
}

export async function diff(id: string, olds: StringKeyed, news: StringKeyed) {
  return callHost(async () => {
    const request = { owner: ownerOf(news), id, state: fromHost(olds), inputs: fromHost(news) };
    const { changes, isComplete, notices } = lifecycle.diff(getRun(news), request);
    await log.write("", notices);
    // A state that comes from the plugin by an alias has no provider string; an update stores one.
    return {
      changes: changes.length > 0 || !isComplete || !(PROVIDER_KEY in olds),
      replaces: changes.filter(({ replaces }) => replaces).map(({ property }) => property),
    };
  });
}

export async function create(inputs: StringKeyed) {
  return callHost(async () => {
    try {
      const { id, state } = await lifecycle.create(getRun(inputs), {
        owner: ownerOf(inputs),
        inputs: fromHost(inputs),
        importHint: (id) => `set \`adopt: "${id}"\` on it and run \`pulumi up\` again`,
      });
      return { id, outs: toHost(state) };
    } catch (error) {
      if (!(error instanceof lifecycle.CreateIncompleteError)) throw error;
      // The host stores what such an error carries; without the provider string the server cannot be deleted.
      const properties = { ...toHost(error.state), [PROVIDER_KEY]: inputs[PROVIDER_KEY] };
      throw Object.assign(new Error(error.message), { id: error.id, properties, reasons: [error.message] });
    }
  });
}

export async function read(id: string, state: StringKeyed) {
  return callHost(async () => {
    const request = { id, state: fromHost(state), isImport: false };
    const found = await lifecycle.read(getRun(state), request);
    // An empty id takes the resource out of the state.
    return found
      ? { id: found.id, props: toHost(found.state), inputs: toHost(found.inputs) }
      : { id: "", props: {} };
  });
}

export async function update(id: string, olds: StringKeyed, news: StringKeyed) {
  return callHost(async () => {
    const { state } = await lifecycle.update(getRun(news), {
      id,
      state: fromHost(olds),
      inputs: fromHost(news),
    });
    return { outs: toHost(state) };
  });
}

async function remove(id: string, state: StringKeyed) {
  return callHost(async () =>
    log.write("", await lifecycle.delete(getRun(state), { id, state: fromHost(state) })),
  );
}

export { remove as delete };

/** The resource that inputs were checked for; undefined in a run that checks nothing, such as a refresh. */
function ownerOf(inputs: StringKeyed): Owner {
  return owners.get(identify(inputs));
}

function identify({ [PROVIDER_KEY]: _, ...inputs }: StringKeyed): string {
  return JSON.stringify(Object.entries(inputs).toSorted());
}

/** The configuration of a server's account. The input check refuses an `account` that is not a string. */
function resolveAccount({ account }: StringKeyed): ConfigurationResolution {
  const name = typeof account === "string" ? account : undefined;
  const known = resolutions.get(name);
  if (known !== undefined) return known;
  const get = (key: string) => stackConfiguration.get(key);
  const resolution = resolveConfiguration(sourcesOf(get, name));
  resolutions.set(name, resolution);
  return resolution;
}

/**
 * Started at the first call and not in `configure`, where a failure would be shown at no resource. Names of
 * one account share what they know, even if their other settings or their access tokens differ.
 */
function getRun(properties: StringKeyed): Run {
  const configuration = requireConfiguration(resolveAccount(properties));
  const key = JSON.stringify(configuration);
  const known = runs.get(key);
  if (known !== undefined) return known;
  const client = createClient(configuration);
  const sibling = [...runs.values()].find(
    (other) =>
      other.configuration.endpoint === configuration.endpoint &&
      (other.configuration.accessToken === configuration.accessToken ||
        (client.accountId !== undefined && other.client.accountId === client.accountId)),
  );
  const run = lifecycle.startRun({ client, configuration, sibling });
  runs.set(key, run);
  return run;
}

function fromHost(properties: StringKeyed): Properties {
  const { [PROVIDER_KEY]: _, ...known } = properties;
  return Object.fromEntries(Object.entries(known).map(([key, value]) => [key, fromSentinel(value)]));
}

/** The host's encoder refuses `undefined`. */
function toHost(properties: Properties): StringKeyed {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, toSentinel(value)]),
  );
}

/**
 * The host prints an error's stack at the stack, beside the message at the resource. A user's mistake has no
 * use for it, so there it says where to look; anything else is a defect and keeps its stack.
 */
async function callHost<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PostjectError)) throw error;
    const { code, message } = error;
    const shown = Object.assign(new Error(message), { toString: () => `${PACKAGE_NAME} [${code}]` });
    shown.stack = "see the error at the resource";
    throw shown;
  }
}

/** From Pulumi's own place: the program may bring along other copies, which refuse each other. */
function loadLogProtocol(): LogProtocol {
  const load = (name: string) => hostProcess?.require(name);
  return {
    grpc: load("@grpc/grpc-js"),
    ...load("../../proto/engine_grpc_pb"),
    ...load("../../proto/engine_pb"),
  };
}
