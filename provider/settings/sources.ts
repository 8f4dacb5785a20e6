import { readAccessToken } from "../client";
import {
  type ConfigurationField,
  type ConfigurationKey,
  configuration,
  configurationKeys,
  type ErrorCode,
  namespaceOf,
  variableOf,
} from "../spec";

/** Where values may come from, unchecked: strings, or what a typed program passed. */
export interface ConfigurationSources {
  /** What the engine configures the provider with; at refresh and destroy, the last run's configuration. */
  readonly provider: Readonly<Record<string, unknown>>;
  /**
   * The stack's configuration as it is now, where the host knows it. The provider may be an explicit one,
   * perhaps for another account, and its name does not say which. `isForSameAccount` and `protects` decide
   * when these values still apply.
   */
  readonly stack?: Readonly<Record<string, unknown>>;
  /** A named account and its namespace's values. They come first; for an account's keys, they alone count. */
  readonly account?: NamedAccount | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

interface NamedAccount {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A value that is given for a key, and what messages call the place that it comes from. */
interface Candidate {
  readonly value: unknown;
  readonly source: string;
}

/** One thing wrong with the configuration; `reason` names the key or the environment variable. */
export interface ConfigurationFailure {
  readonly key: ConfigurationKey;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** The configuration of an account within a stack's; `get` reads a full key, such as `postject:endpoint`. */
export function sourcesOf(get: (key: string) => unknown, account?: string): ConfigurationSources {
  const read = (name?: string) =>
    Object.fromEntries(configurationKeys.map((key) => [key, get(keyOf(key, name))]));
  return {
    provider: read(),
    account: account === undefined ? undefined : { name: account, values: read(account) },
    env: process.env,
  };
}

/** A key as stack configuration and messages have it, for a named account or without one. */
export function keyOf(key: ConfigurationKey, account?: string): string {
  return `${namespaceOf(account)}:${key}`;
}

/** A key's values, first choice first. An empty one, easy to set in Pulumi and shells, counts as unset. */
export function findCandidates(key: ConfigurationKey, sources: ConfigurationSources): Candidate[] {
  const { envWins, ofAccount }: ConfigurationField = configuration[key];
  const { account, env } = sources;
  const layers: { readonly name?: string; readonly values: readonly unknown[] }[] = [];
  if (account !== undefined) layers.push({ name: account.name, values: [account.values[key]] });
  if (account === undefined || !ofAccount) layers.push({ values: valuesOfProviderAndStack(key, sources) });
  const given = layers.map(({ name, values }) => {
    const variable = variableOf(key, name);
    return {
      configured: values.map((value): Candidate => ({ value, source: keyOf(key, name) })),
      fromEnv: variable === undefined ? [] : [{ value: env[variable], source: variable }],
    };
  });
  const ordered = envWins
    ? [...given.flatMap(({ fromEnv }) => fromEnv), ...given.flatMap(({ configured }) => configured)]
    : given.flatMap(({ configured, fromEnv }) => [...configured, ...fromEnv]);
  return ordered.filter(({ value }) => isGiven(value));
}

/** The provider's own value and the stack's current one, first choice first. */
function valuesOfProviderAndStack(
  key: ConfigurationKey,
  { provider, stack = {} }: ConfigurationSources,
): unknown[] {
  const { ofAccount, protects }: ConfigurationField = configuration[key];
  const [own, current] = [provider[key], stack[key]];
  if (ofAccount && !isForSameAccount(provider, stack)) return [own];
  const isStricter = protects && (current === true || current === "true");
  return key === "accessToken" || isStricter ? [current, own] : [own, current];
}

/**
 * Whether the stack's values for an account may be used: the provider has no access token of its own, or both
 * tokens are JWTs with the same `sub`, for the same endpoint. Otherwise the stack's token may belong to
 * another account.
 */
function isForSameAccount(
  provider: ConfigurationSources["provider"],
  stack: ConfigurationSources["provider"],
): boolean {
  if (!isGiven(provider.accessToken)) return true;
  const account = readAccessToken(String(provider.accessToken)).accountId;
  return (
    account !== undefined &&
    account === readAccessToken(String(stack.accessToken)).accountId &&
    (!isGiven(provider.endpoint) || toBaseUrl(provider.endpoint) === toBaseUrl(stack.endpoint))
  );
}

/** An endpoint in the form used for requests and comparisons; the default endpoint if none is given. */
export function toBaseUrl(endpoint: unknown): string {
  return String(isGiven(endpoint) ? endpoint : configuration.endpoint.default).replace(/\/+$/, "");
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
