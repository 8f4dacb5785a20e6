import type { Fields, ObjectType } from "./fields";
import { resultTypes, serverResource, serverSummary } from "./server";

const { deletionProtection, allowDuplicateName, adopt, account } = serverResource.inputs;

/** What the name template may name in braces. */
export const placeholders = ["environment", "server", "project", "stack"] as const;

export const DEFAULT_NAME_TEMPLATE = "{environment} {server}";

/** One server of an environment, as the template says it. */
export const serverTemplate = {
  name: "ServerTemplate",
  fields: {
    name: {
      type: "string",
      optional: true,
      plain: true,
      description: "What `{server}` stands for in the name template; the server's key unless given.",
    },
    deletionProtection: {
      ...deletionProtection,
      description: "Protects this server, or does not; the environment's `deletionProtection` unless given.",
    },
    allowDuplicateName,
    adopt,
  },
} as const satisfies ObjectType;

/** Every object that a property can hold. */
export const objectTypes: readonly ObjectType[] = [...resultTypes, serverTemplate];

/** A component: a template of servers, stamped out for one environment. */
export const environmentResource = {
  token: "postject:index:Environment",
  description:
    "The servers of one environment, made from a template: the same set for development, staging, production and for " +
    "each pull request. It gives the environment variables that an application needs to use them.",
  inputs: {
    servers: {
      type: { mapOf: serverTemplate },
      plain: true,
      description:
        "The servers by key. The key names the resource, the environment variables and, unless the template says " +
        "otherwise, the server.",
    },
    nameTemplate: {
      type: "string",
      optional: true,
      plain: true,
      description:
        `How servers are named; ${placeholders.map((name) => `\`{${name}}\``).join(", ")} are filled in. ` +
        `\`${DEFAULT_NAME_TEMPLATE}\` unless given. A changed name replaces the server.`,
    },
    deletionProtection: {
      ...deletionProtection,
      description:
        "Protects all servers that do not say otherwise, or does not. If unset, the provider's `deletionProtection` decides.",
    },
    account,
  },
  outputs: {
    servers: { type: { mapOf: serverSummary }, description: "The servers by key." },
    variables: {
      type: { mapOf: "string" },
      description:
        "Environment variables for an application: `POSTJECT_<KEY>_TOKEN` (secret), `POSTJECT_<KEY>_SERVER_ID` and " +
        "`POSTJECT_<KEY>_SERVER_NAME` of each server. `transactionalMail` and `transactional-mail` become `TRANSACTIONAL_MAIL`.",
    },
  },
} as const satisfies { token: string; description: string; inputs: Fields; outputs: Fields };

/** What an environment's variables tell of a server, by the end of the variable's name. */
export const variableSuffixes = { TOKEN: "token", SERVER_ID: "id", SERVER_NAME: "name" } as const;
