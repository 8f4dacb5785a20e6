import type { Field, Values } from "./fields";
import { planNames } from "./plans";

export interface ConfigurationField extends Field {
  /** Environment variable to fall back to when the configuration has no value. */
  readonly env?: string;
  /** The variable overrides the configuration, for one run. */
  readonly envWins?: true;
  /** Where the provider's own value and the stack's disagree, `true` wins. */
  readonly protects?: true;
  /** Belongs to one account: a named account does not take it from the package's own configuration. */
  readonly ofAccount?: true;
  readonly default?: string | number | boolean;
}

/** The provider's configuration: `postject:<key>` of the stack, or an explicit provider's properties. */
export const configuration = {
  accessToken: {
    type: "string",
    optional: true,
    secret: true,
    ofAccount: true,
    env: "POSTJECT_ACCESS_TOKEN",
    description:
      "The account's access token, a JWT. It is stored in no resource, and changing it replaces nothing. Taken from the " +
      "provider, the stack configuration, then the environment. The stack's current token comes first if it is for the " +
      "same account, so a rotated token works at once. An expired token is skipped in favour of the next valid one " +
      "for the same account.",
  },
  endpoint: {
    type: "string",
    optional: true,
    env: "POSTJECT_ENDPOINT",
    default: "https://api.postject.com",
    description:
      "Base URL of the API, without `/v1`: https, or http to this machine (the reference API). See `allowHttp` for " +
      "other hosts.",
  },
  allowHttp: {
    type: "boolean",
    optional: true,
    env: "POSTJECT_ALLOW_HTTP",
    default: false,
    description:
      "Accept an `endpoint` with http on another machine, such as a reference API in a Compose network. Anyone on the " +
      "network path can read the access token and the server tokens, so never set it for the real API.",
  },
  deletionProtection: {
    type: "boolean",
    optional: true,
    env: "POSTJECT_DELETION_PROTECTION",
    envWins: true,
    protects: true,
    default: true,
    description:
      "Refuse to delete or replace servers that do not set `deletionProtection` themselves. If the provider and the " +
      "stack configuration disagree, the servers are protected. The environment variable overrides both, for one run.",
  },
  plan: {
    type: "string",
    optional: true,
    ofAccount: true,
    oneOf: planNames,
    description: `The account's plan (${planNames.join(", ")}). With it, a preview warns before the plan's limit is reached.`,
  },
  serverLimit: {
    type: "integer",
    optional: true,
    ofAccount: true,
    minimum: 1,
    description: "Maximum number of servers in the account, for a plan that does not define one (`scale`).",
  },
  maxRetries: {
    type: "integer",
    optional: true,
    minimum: 0,
    default: 3,
    description:
      "Maximum number of retries for a request that is safe to retry. A rate limit (429) does not count: it is waited " +
      "out for as long as the operation may take.",
  },
  requestTimeoutSeconds: {
    type: "integer",
    optional: true,
    minimum: 1,
    default: 30,
    description:
      "Maximum duration of one request. A whole operation with its retries ends after five minutes or, in the plugin, " +
      "after the resource's `customTimeouts`.",
  },
} as const satisfies Readonly<Record<string, ConfigurationField>>;

export type ConfigurationKey = keyof typeof configuration;

/** The values once they are checked; a key with a default always has one. */
export type ConfigurationValues = Values<{
  [Key in ConfigurationKey]: (typeof configuration)[Key] extends { default: unknown }
    ? Omit<(typeof configuration)[Key], "optional">
    : (typeof configuration)[Key];
}>;

export const configurationKeys = Object.keys(configuration) as ConfigurationKey[];

/** The namespace of the keys in stack configuration: the name of the Pulumi package. */
export const PACKAGE_NAME = "postject";

/** What `account` may be: it becomes part of a namespace and of environment variables. */
export const accountName = {
  pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
  problem: "must be lower-case letters and digits, with single dashes between them",
} as const;

/** The namespace of a named account's keys in stack configuration; without a name, the package's own. */
export function namespaceOf(account: string | undefined): string {
  return account === undefined ? PACKAGE_NAME : `${PACKAGE_NAME}-${account}`;
}

/** The environment variable of a key, for a named account or without one: `POSTJECT_STAGING_ACCESS_TOKEN`. */
export function variableOf(key: ConfigurationKey, account?: string): string | undefined {
  const field: ConfigurationField = configuration[key];
  if (account === undefined) return field.env;
  return field.env?.replace("_", `_${account.replaceAll("-", "_").toUpperCase()}_`);
}

/** Whether a host name or address is this machine itself, as a user or a URL writes it. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return /^(localhost\.?|::1|(::ffff:)?127(\.\d{1,3}){1,3}|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})$/.test(bare);
}
