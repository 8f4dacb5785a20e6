import type { Field, Values } from "./fields";
import { planNames } from "./plans";

interface ConfigurationField extends Field {
  /** Environment variable that gives the value where the configuration does not. */
  readonly env?: string;
  /** The variable wins over the configuration: it speaks for one run. */
  readonly envWins?: true;
  /** Belongs to one account: a named account does not take it from the package's own configuration. */
  readonly ofAccount?: true;
  readonly default?: string | number | boolean;
  readonly oneOf?: readonly string[];
  readonly minimum?: number;
}

/** The provider's configuration: stack configuration `postject:<key>`, or properties of an explicit provider. */
export const configuration = {
  accessToken: {
    type: "string",
    optional: true,
    secret: true,
    ofAccount: true,
    env: "POSTJECT_ACCESS_TOKEN",
    description:
      "The account's access token, a JWT. It is used while the provider runs and stored in no resource; changing " +
      "it replaces nothing. Of the stack's current one, the provider's own and the environment's the first is used, " +
      "or, if that has expired, the next that has not and is of the same account.",
  },
  endpoint: {
    type: "string",
    optional: true,
    env: "POSTJECT_ENDPOINT",
    default: "https://api.postject.com",
    description: "Where the API is: an https URL, or an http one on this machine (the reference API).",
  },
  deletionProtection: {
    type: "boolean",
    optional: true,
    env: "POSTJECT_DELETION_PROTECTION",
    envWins: true,
    default: true,
    description:
      "Refuse to delete or replace servers that do not say otherwise themselves. The environment variable wins over " +
      "the configuration: it speaks for one run.",
  },
  plan: {
    type: "string",
    optional: true,
    ofAccount: true,
    oneOf: planNames,
    description: `The account's plan (${planNames.join(", ")}), so that a preview can warn before its limit is hit.`,
  },
  serverLimit: {
    type: "integer",
    optional: true,
    ofAccount: true,
    minimum: 1,
    description: "How many servers the account may have, where the plan does not tell (`scale`).",
  },
  maxRetries: {
    type: "integer",
    optional: true,
    minimum: 0,
    default: 3,
    description: "How often a request that may be sent again is sent again.",
  },
  requestTimeoutSeconds: {
    type: "integer",
    optional: true,
    minimum: 1,
    default: 30,
    description:
      "How long one request may take. A whole operation with its retries ends after five minutes, or, in the plugin, " +
      "after the resource's `customTimeouts`.",
  },
} as const satisfies Readonly<Record<string, ConfigurationField>>;

export type ConfigurationKey = keyof typeof configuration;
export type ConfigurationValues = Values<typeof configuration>;

export const configurationKeys = Object.keys(configuration) as ConfigurationKey[];

/** The namespace of the keys in stack configuration, which is the Pulumi package's name. */
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

/** Names and addresses of this machine itself, as a user or a URL writes them. */
export function isLoopback(host: string): boolean {
  return ["localhost", "::1", "[::1]"].includes(host) || /^127(\.\d+){3}$/.test(host);
}
