import {
  type ConfigurationResolution,
  createClient,
  PostjectError,
  readAccessToken,
  requireConfiguration,
  resolveConfiguration,
  sourcesOf,
} from "../../client";
import { CreateIncompleteError, createLifecycle, type Lifecycle, type Properties } from "../../lifecycle";
import { PACKAGE_NAME, withCode } from "../../spec";
import { endWithEngine } from "../end-with-engine";
import { fromSentinel, toSentinel } from "../unknown";

// The constant provider string in every dynamic resource's state names this module, for ever. It speaks the interface of
// `pulumi.dynamic.ResourceProvider` without importing Pulumi, which the host that calls it has loaded anyway.

type StringKeyed = Record<string, unknown>;

const PROVIDER_KEY = "__provider";

// Pulumi's host would live on for ever when the engine is killed; a test that imports this module is no such host.
if (require.main?.filename.includes("dynamic-provider")) endWithEngine(() => process.exit(0));

type StackConfiguration = { get(key: string): unknown };

let stackConfiguration: StackConfiguration = { get: () => undefined };
/** By `account`, since each call needs one. What is chosen holds until the host is configured anew, as in the plugin. */
const resolutions = new Map<string | undefined, ConfigurationResolution>();
/** By their configuration. */
const lifecycles = new Map<string, Lifecycle>();

/**
 * Takes the stack configuration. Does all its work before it returns: the host calls the other methods without waiting
 * for it.
 */
export async function configure({ config }: { config: StackConfiguration }): Promise<void> {
  stackConfiguration = config;
  resolutions.clear();
  lifecycles.clear();
}

export async function check(olds: StringKeyed, news: StringKeyed) {
  const { failures } = resolveAccount(news);
  if (failures.length > 0)
    return {
      failures: failures.map(({ reason, code }) => ({ property: "", reason: withCode(reason, code) })),
    };
  return callHost(async () => {
    const checked = getLifecycle(news).check({
      oldInputs: fromHost(olds),
      inputs: fromHost(news),
      // A new resource has no old inputs, and moves nowhere.
      movesAccount: PROVIDER_KEY in olds && movesAccount(olds, news),
    });
    return { inputs: toHost(checked.inputs), failures: checked.failures };
  });
}

export async function diff(id: string, olds: StringKeyed, news: StringKeyed) {
  return callHost(async () => {
    const { changes, isComplete } = getLifecycle(news).diff({
      id,
      state: fromHost(olds),
      inputs: fromHost(news),
      movesAccount: movesAccount(olds, news),
    });
    return {
      changes: changes.length > 0 || !isComplete,
      replaces: changes.filter(({ replaces }) => replaces).map(({ property }) => property),
    };
  });
}

export async function create(inputs: StringKeyed) {
  return callHost(async () => {
    try {
      const { id, state } = await getLifecycle(inputs).create({ inputs: fromHost(inputs) });
      return { id, outs: toHost(state) };
    } catch (error) {
      if (!(error instanceof CreateIncompleteError)) throw error;
      // The host stores what such an error carries; without the provider string the server could not be deleted later.
      const properties = { ...toHost(error.state), [PROVIDER_KEY]: inputs[PROVIDER_KEY] };
      throw Object.assign(new Error(error.message), { id: error.id, properties, reasons: [error.message] });
    }
  });
}

export async function read(id: string, state: StringKeyed) {
  return callHost(async () => {
    const found = await getLifecycle(state).read({ id, state: fromHost(state) });
    // An empty id takes the resource out of the state.
    return found
      ? { id: found.id, props: toHost(found.state), inputs: toHost(found.inputs) }
      : { id: "", props: {} };
  });
}

export async function update(id: string, olds: StringKeyed, news: StringKeyed) {
  return callHost(async () => {
    const { state } = await getLifecycle(news).update({ id, state: fromHost(olds), inputs: fromHost(news) });
    return { outs: toHost(state) };
  });
}

async function remove(id: string, state: StringKeyed) {
  return callHost(() => getLifecycle(state).delete({ id, state: fromHost(state) }));
}

export { remove as delete };

/** The configuration of a server's account. An `account` that is no string is refused by the check of the inputs. */
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
 * Whether another `account` leads to other servers. Two names are of one account if they lead to the same API with the same
 * access token, or with tokens of one `sub`; only a state knows the `sub` where the configuration of the old name is gone.
 */
function movesAccount(olds: StringKeyed, news: StringKeyed): boolean {
  if (olds.account === news.account) return false;
  const { configuration: before } = resolveAccount(olds);
  const { configuration: after } = resolveAccount(news);
  if (after === undefined) return true;
  if (before !== undefined && before.endpoint !== after.endpoint) return true;
  if (before?.accessToken === after.accessToken) return false;
  const owner = olds.accountId ?? (before && readAccessToken(before.accessToken).accountId);
  return owner === undefined || owner !== readAccessToken(after.accessToken).accountId;
}

/**
 * Made at the first call and not in `configure`, where a failure would be shown at no resource. Names of one account share one,
 * so that it knows all their servers.
 */
function getLifecycle(properties: StringKeyed): Lifecycle {
  const configuration = requireConfiguration(resolveAccount(properties));
  const key = JSON.stringify(configuration);
  const known = lifecycles.get(key);
  if (known !== undefined) return known;
  const lifecycle = createLifecycle({
    client: createClient(configuration),
    configuration,
    takeOver: (id) => `set \`adopt: "${id}"\` on the resource and run \`pulumi up\` again`,
  });
  lifecycles.set(key, lifecycle);
  return lifecycle;
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
 * The host prints an error's stack at the stack, beside the message at the resource. A user's mistake has no use for it,
 * so there it says where to look; anything else is a defect and keeps its stack.
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
