import {
  accountName,
  type ConfigurationKey,
  type ConfigurationValues,
  configuration,
  configurationKeys,
  type ErrorCode,
  errorCodes,
  isLoopback,
  namespaceOf,
  PACKAGE_NAME,
  type Plan,
  variableOf,
} from "../spec";
import { readAccessToken } from "./access-token";
import { PostjectError } from "./errors";

/** The configuration in use: checked, with defaults. Times in milliseconds. */
export interface Configuration {
  readonly accessToken: string;
  readonly endpoint: string;
  readonly deletionProtection: boolean;
  readonly plan?: Plan;
  readonly serverLimit?: number;
  readonly maxRetries: number;
  readonly requestTimeoutMs: number;
}

/** Where values may come from, unchecked: strings, or what a typed program passed. */
export interface ConfigurationSources {
  /** What the engine configures the provider with; at refresh and destroy, that is the last run's configuration. */
  readonly provider: Readonly<Record<string, unknown>>;
  /**
   * The stack's configuration as it is now, where the host knows it. The provider may be an explicit one, perhaps for
   * another account, and its name does not tell: see `isForSameAccount` and `protects` for where this counts all the same.
   */
  readonly stack?: Readonly<Record<string, unknown>>;
  /** A named account and the values of its own namespace. They come first, and are the only ones for an account's keys. */
  readonly account?:
    | { readonly name: string; readonly values: Readonly<Record<string, unknown>> }
    | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** One thing wrong with the configuration; `reason` names the key. */
export interface ConfigurationFailure {
  readonly key: ConfigurationKey;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** The configuration of an account within a stack's; `get` reads a full key, such as `postject:endpoint`. */
export function sourcesOf(get: (key: string) => unknown, account?: string): ConfigurationSources {
  const read = (name?: string) =>
    Object.fromEntries(configurationKeys.map((key) => [key, get(`${namespaceOf(name)}:${key}`)]));
  return {
    provider: read(),
    account: account === undefined ? undefined : { name: account, values: read(account) },
    env: process.env,
  };
}

/** The configuration, or everything that is wrong with it. */
export interface ConfigurationResolution {
  readonly configuration?: Configuration;
  readonly failures: readonly ConfigurationFailure[];
}

/** Resolves and checks the configuration, without a request. */
export function resolveConfiguration(sources: ConfigurationSources): ConfigurationResolution {
  const failures: ConfigurationFailure[] = [];
  const refuse = (key: ConfigurationKey, reason: string, code: ErrorCode = "configuration-invalid") => {
    failures.push({ key, code, reason: `${namespaceOf(sources.account?.name)}:${key} ${reason}` });
  };
  if (sources.account !== undefined && !accountName.pattern.test(sources.account.name)) {
    const code = "configuration-invalid";
    return { failures: [{ key: "accessToken", code, reason: `account ${accountName.problem}` }] };
  }
  const values: Partial<Record<ConfigurationKey, string | number | boolean>> = {};
  for (const key of configurationKeys) {
    if (key === "accessToken") continue;
    const value = parse(key, candidates(key, sources)[0], (reason) => refuse(key, reason));
    if (value !== undefined) values[key] = value;
  }
  const accessToken = chooseAccessToken(sources, refuse);
  const { endpoint, allowHttp, deletionProtection, plan, serverLimit, maxRetries, requestTimeoutSeconds } =
    values as ConfigurationValues;
  if (endpoint !== undefined)
    checkEndpoint(endpoint, allowHttp ?? false, (reason) => refuse("endpoint", reason));
  if (
    failures.length > 0 ||
    accessToken === undefined ||
    endpoint === undefined ||
    deletionProtection === undefined ||
    maxRetries === undefined ||
    requestTimeoutSeconds === undefined
  ) {
    return { failures };
  }
  return {
    failures,
    configuration: {
      accessToken,
      endpoint: endpoint.replace(/\/+$/, ""),
      deletionProtection,
      maxRetries,
      requestTimeoutMs: requestTimeoutSeconds * 1000,
      ...(plan !== undefined && { plan: plan as Plan }),
      ...(serverLimit !== undefined && { serverLimit }),
    },
  };
}

/** For a caller that cannot report failures one by one. Throws a ConfigurationError. */
export function requireConfiguration({
  configuration: resolved,
  failures,
}: ConfigurationResolution): Configuration {
  if (resolved !== undefined) return resolved;
  throw new ConfigurationError(failures);
}

/** The provider cannot work with its configuration; nothing was sent. */
class ConfigurationError extends PostjectError {
  constructor(failures: readonly ConfigurationFailure[]) {
    super(failures[0]?.code ?? "configuration-invalid", failures.map(({ reason }) => reason).join("\n"));
  }
}

/** The values given for a key, first choice first. An empty environment variable counts as unset. */
function candidates(key: ConfigurationKey, sources: ConfigurationSources): unknown[] {
  const field = configuration[key];
  const { account, stack, provider, env } = sources;
  const fromEnv = (name?: string) => env[variableOf(key, name) ?? ""] || undefined;
  const own = account && { configured: [account.values[key]], env: [fromEnv(account.name)] };
  const shared =
    account && "ofAccount" in field
      ? { configured: [], env: [] }
      : { configured: inOrder(key, provider, stack), env: [fromEnv()] };
  const layers = [own, shared].filter((layer) => layer !== undefined);
  const ordered =
    "envWins" in field
      ? [...layers.flatMap((layer) => layer.env), ...layers.flatMap((layer) => layer.configured)]
      : layers.flatMap((layer) => [...layer.configured, ...layer.env]);
  return [...ordered, "default" in field ? field.default : undefined].filter(isGiven);
}

/** The provider's own value and the stack's current one, first choice first. */
function inOrder(
  key: ConfigurationKey,
  provider: ConfigurationSources["provider"],
  stack: ConfigurationSources["stack"] = {},
): unknown[] {
  const field = configuration[key];
  const [own, current] = [provider[key], stack[key]];
  if ("ofAccount" in field && !isForSameAccount(provider, stack)) return [own];
  const isStricter = "protects" in field && (current === true || current === "true");
  return key === "accessToken" || isStricter ? [current, own] : [own, current];
}

/**
 * Whether the stack's values for an account may be used: the provider has no access token of its own, or both tokens are
 * JWTs with the same `sub`, for the same endpoint. Otherwise the stack's token may belong to another account.
 */
function isForSameAccount(
  provider: ConfigurationSources["provider"],
  stack: Readonly<Record<string, unknown>>,
): boolean {
  if (!isGiven(provider.accessToken)) return true;
  const account = readAccessToken(String(provider.accessToken)).accountId;
  return (
    account !== undefined &&
    account === readAccessToken(String(stack.accessToken)).accountId &&
    (!isGiven(provider.endpoint) || toEndpoint(provider.endpoint) === toEndpoint(stack.endpoint))
  );
}

/** An endpoint in the form that others are compared with. */
function toEndpoint(value: unknown): string {
  return String(isGiven(value) ? value : configuration.endpoint.default).replace(/\/+$/, "");
}

/** An empty value counts as unset: Pulumi and shells both make it easy to set one. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function parse(
  key: ConfigurationKey,
  value: unknown,
  refuse: (reason: string) => void,
): string | number | boolean | undefined {
  if (value === undefined) return undefined;
  const field = configuration[key];
  const shown = showIfHarmless(value);
  if (field.type === "boolean") {
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    refuse(`must be true or false${shown}`);
    return undefined;
  }
  if (field.type === "integer") {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isSafeInteger(number) && number >= field.minimum) return number;
    refuse(`must be a whole number of ${field.minimum} or more${shown}`);
    return undefined;
  }
  if (typeof value !== "string") {
    refuse("must be a string");
    return undefined;
  }
  if ("oneOf" in field && !(field.oneOf as readonly string[]).includes(value)) {
    refuse(`must be one of ${field.oneOf.join(", ")}${shown}`);
    return undefined;
  }
  return value;
}

/** The rejected value, unless it may be a secret that was pasted under the wrong key: only a short plain word is shown. */
function showIfHarmless(value: unknown): string {
  const text = String(value);
  return /^[a-z0-9.+-]{1,10}$/i.test(text) && !text.startsWith("ey") ? `, not "${text}"` : "";
}

/** The first access token that has not expired: refresh and destroy are configured with the one that the last run used. */
function chooseAccessToken(
  sources: ConfigurationSources,
  refuse: (key: "accessToken", reason: string, code: ErrorCode) => void,
): string | undefined {
  const tokens = candidates("accessToken", sources).map((token) => String(token).trim());
  const now = sources.now ?? Date.now();
  const expected = readAccessToken(tokens[0] ?? "").accountId;
  // A later choice stands in for an expired first one, but one for another account would act on other servers.
  const usable = tokens.find((token) => {
    const { expiresAt = Number.POSITIVE_INFINITY, accountId } = readAccessToken(token);
    return now < expiresAt && (token === tokens[0] || (expected !== undefined && accountId === expected));
  });
  if (usable !== undefined && /^[\x21-\x7e]+$/.test(usable)) return usable;
  if (usable !== undefined) {
    refuse("accessToken", "must not contain spaces or control characters", "configuration-invalid");
  } else if (tokens.length === 0) {
    refuse("accessToken", `is missing. ${remedyOfMissing(sources.account?.name)}`, "access-token-missing");
  } else {
    const latest = Math.max(...tokens.map((token) => readAccessToken(token).expiresAt ?? 0));
    refuse("accessToken", expiry(latest), "access-token-expired");
  }
  return undefined;
}

/** The remedy for an account without an access token, naming the account's own key and variable. */
function remedyOfMissing(account: string | undefined): string {
  const { remedy } = errorCodes["access-token-missing"];
  return remedy
    .replace(namespaceOf(undefined), namespaceOf(account))
    .replace(configuration.accessToken.env, variableOf("accessToken", account) ?? "");
}

/** Says when a token expired and what to do; the caller adds the subject of the sentence. */
export function expiry(expiresAt: number): string {
  return `has expired: its \`exp\` is ${new Date(expiresAt).toISOString()}. ${errorCodes["access-token-expired"].remedy}`;
}

function checkEndpoint(endpoint: string, allowHttp: boolean, refuse: (reason: string) => void): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    // The value is not shown: it may be a secret that was pasted under the wrong key.
    refuse("must be a URL such as https://api.postject.com");
  } else if (url.username !== "" || url.password !== "") {
    refuse("must not contain a user name or password; the access token has a key of its own");
  } else if (url.protocol === "http:" && !isLoopback(url.hostname) && !allowHttp) {
    refuse(
      `must use https: over http to ${url.host}, anyone on the way could read the access token. For a reference API on a ` +
        `network you trust, set ${PACKAGE_NAME}:allowHttp or ${configuration.allowHttp.env} to true`,
    );
  } else if (url.search !== "" || url.hash !== "") {
    refuse("must not contain a query or a fragment");
  }
}
