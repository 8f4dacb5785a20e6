import type { Fields, ObjectType } from "./fields";
import { resultTypes, sentFields, serverResource, serverSummary } from "./server";

const { deletionProtection, allowDuplicateName, adopt, account } = serverResource.inputs;

/** The placeholders of the name template. */
export const placeholders = ["environment", "server", "project", "stack"] as const;

export const DEFAULT_NAME_TEMPLATE = "{environment} {server}";

/** One server of an environment, as its template describes it. */
export const serverTemplate = {
  name: "ServerTemplate",
  fields: {
    ...sentFields,
    name: {
      type: "string",
      optional: true,
      plain: true,
      description: "What `{server}` stands for in the name template; defaults to the server's key.",
    },
    deletionProtection: {
      ...deletionProtection,
      description: "Whether to protect this server; defaults to the environment's `deletionProtection`.",
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
    "each pull request. Its `variables` are the environment variables that an application needs to use them.",
  inputs: {
    servers: {
      type: { mapOf: serverTemplate },
      plain: true,
      description:
        "The servers by key. The key names the resource, the environment variables and, unless the template says " +
        "otherwise, the server. In YAML, write `{}` for a server without settings of its own: Pulumi drops a key without a value.",
    },
    nameTemplate: {
      type: "string",
      optional: true,
      plain: true,
      description:
        `Template of the servers' names, with the placeholders ${placeholders.map((name) => `\`{${name}}\``).join(", ")}; ` +
        `defaults to \`${DEFAULT_NAME_TEMPLATE}\`. A changed name replaces the server.`,
    },
    deletionProtection: {
      ...deletionProtection,
      description:
        "Whether to protect the servers whose template does not say. If unset, the provider's `deletionProtection` decides.",
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

/** What an environment's variables hold, by the end of their names. */
export const variableSuffixes = { TOKEN: "token", SERVER_ID: "id", SERVER_NAME: "name" } as const;
