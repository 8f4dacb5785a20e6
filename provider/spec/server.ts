import { accountName } from "./configuration";
import type { Fields, ObjectType, Rule, ScalarFields, Values } from "./fields";

/** What a create returns of a stream. */
export const streamSummary = {
  name: "StreamSummary",
  fields: {
    id: { type: "string", description: "Postject's id of the stream." },
    name: { type: "string", description: "Human-readable name of the stream." },
    type: { type: "string", description: "`transactional`, `broadcast` or `inbound`." },
  },
} as const satisfies ObjectType;

/** A stream in full, as lookups return it. */
export const stream = {
  name: "Stream",
  fields: {
    ...streamSummary.fields,
    slug: {
      type: "string",
      optional: true,
      description: "Name of the stream in addresses and API calls, if the API shows it.",
    },
    description: { type: "string", optional: true, description: "What the stream is for, if known." },
    createdAt: {
      type: "string",
      optional: true,
      description: "When the stream was created (ISO 8601, UTC), if the API shows it.",
    },
  },
} as const satisfies ObjectType;

/** What is deleted along with a server; servers-api.txt, "Cascade Warning". */
export const CASCADE = "its message streams, sent messages, message events, templates and server token";

/**
 * Neither length nor character set of a name is documented: only what cannot be a name is refused. A pattern
 * without the `u` flag also stands in the OpenAPI document, so it must mean the same in the regular
 * expressions of other languages.
 */
const nameRules = [
  { pattern: /\S/, problem: "must not be empty or blank" },
  { pattern: /^[^\x00-\x1f\x7f-\x9f]*$/, problem: "must not contain control characters" },
  { pattern: /^\P{Cs}*$/u, problem: "must not contain half a surrogate pair" },
] as const satisfies readonly Rule[];

/**
 * Properties that are sent on create and returned in every response about the server. One that is added here
 * is checked, sent, read back, kept in the state and documented. Postject cannot update a server, so a change
 * of any of them replaces it.
 */
export const sentFields = {
  name: {
    type: "string",
    rules: nameRules,
    description: "Human-readable name of the server. It identifies nothing: two servers may share it.",
  },
} as const satisfies ScalarFields;

const idField = { type: "string", description: "Postject's id of the server." } as const;

/** Properties that a server has wherever it is shown, with or without its streams. */
const liveFields = {
  ...sentFields,
  token: {
    type: "string",
    secret: true,
    description: "The server token (`pt_live_…`) that applications send mail with.",
  },
  createdAt: { type: "string", description: "When the server was created: ISO 8601, UTC." },
} as const satisfies Fields;

/** A server as the API lists it. */
export const serverSummary = {
  name: "ServerSummary",
  fields: { id: idField, ...liveFields },
} as const satisfies ObjectType;

/** The objects in results of resources and functions. */
export const resultTypes: readonly ObjectType[] = [stream, streamSummary, serverSummary];

/** What a program may name a server: an API may trim names, and outer white space cannot be seen. */
const inputNameRules = [
  ...nameRules,
  { pattern: /^\S([\s\S]*\S)?$/, problem: "must not begin or end with white space" },
] as const satisfies readonly Rule[];

/** A name as a reader sees it, to compare with others: an API may trim it or change its Unicode form. */
export function canonicalName(name: string): string {
  return name.trim().normalize("NFC");
}

/** Whether two names are the same to a reader. */
export function isSameName(one: string, other: string): boolean {
  return canonicalName(one) === canonicalName(other);
}

/** Ids are part of a URL's path. Postject's cuids are not documented, so only impossible ids are refused. */
const idRule = {
  pattern: /^(?!\.{1,2}$)[^\s\p{Cc}/?#%]+$/u,
  problem: "must be the id of a server",
} as const satisfies Rule;

/** The Server resource: what a user may ask for, what comes of it, and what a change does. */
export const serverResource = {
  token: "postject:index:Server",
  /** The type of the dynamic form; old states name it, so it never changes. */
  dynamicType: "pulumi-nodejs:dynamic/postject:Server",
  /**
   * Stored with every server of the dynamic form, twice, as `__provider`. It is the whole provider: no
   * closure is serialised, so nothing can be captured, and refresh and destroy run the installed version. It
   * looks for the package from the program, then from Pulumi's own place, where it is if another package of
   * the program brought it along. Old states hold it: it never changes once it is released.
   */
  dynamicProvider:
    'exports.handler=()=>{let f;try{f=require.resolve("pulumi-postject/dynamic",{paths:[".",require.main.path]})}' +
    'catch{throw Object.assign(Error("pulumi-postject is missing: npm install pulumi-postject"),{stack:""})}return require(f)}',
  /**
   * A property that the dynamic form's SDK sends with every server and the host takes out in Check, so that
   * it is never stored: the name to use if the program gives none. It also tells the host, which is told no
   * URN, which resource is checked.
   */
  dynamicAutoName: "__autoName",
  description:
    "A Postject server: the top-level unit of an account, with its own server token, message streams and templates. " +
    `Postject cannot change a server, only create and delete it, and a delete is irreversible: it takes ${CASCADE} along.`,
  inputs: {
    ...sentFields,
    name: {
      type: "string",
      optional: true,
      replaces: true,
      rules: inputNameRules,
      description:
        "Human-readable name of the server. Postject cannot rename a server: changing it replaces the server, " +
        `and the old one is deleted with ${CASCADE}. If unset, a name is generated once, from the resource's name ` +
        "and seven hex digits that differ from one machine to another, and kept from then on.",
    },
    deletionProtection: {
      type: "boolean",
      optional: true,
      description:
        "Refuse to delete or replace this server. If unset, the provider's `deletionProtection` decides, which is on " +
        "by default. To lift it, set `false` and run an update first: what counts is what the last update stored.",
    },
    allowDuplicateName: {
      type: "boolean",
      optional: true,
      description:
        "Create this server even if the account already has one of the same name. Off by default, because the existing one is " +
        "usually this very server under another resource name, or somebody else's.",
    },
    account: {
      type: "string",
      optional: true,
      plain: true,
      replaces: true,
      onlyDynamic: true,
      rules: [accountName],
      description:
        "Which of several Postject accounts owns the server: `staging` reads the stack configuration `postject-staging:*` " +
        "and the environment variables `POSTJECT_STAGING_*` first. Its access token and its plan come from there alone; other " +
        "settings fall back to the stack's. Changing it replaces the server.",
    },
    adopt: {
      type: "string",
      optional: true,
      onlyOnCreate: true,
      onlyDynamic: true,
      rules: [idRule],
      description:
        "Id of an existing server to adopt instead of creating one; its name must be `name`. Remove the line after the " +
        "update: a server that is in the state is not adopted again.",
    },
  },
  outputs: {
    ...liveFields,
    streams: {
      type: { listOf: streamSummary },
      description:
        "The server's message streams, as its creation returned them; `getServer` returns them in full.",
    },
    accountId: {
      type: "string",
      optional: true,
      description: "The account that owns the server: the `sub` of the access token, if it has one.",
    },
    deletionProtection: {
      type: "boolean",
      optional: true,
      description: "The protection this server itself asks for; unset where the provider's setting decides.",
    },
  },
} as const;

export type ServerInputs = Values<typeof serverResource.inputs>;
export type ServerOutputs = Values<typeof serverResource.outputs>;
/** Inputs plus outputs, as last stored. */
export type ServerState = ServerInputs & ServerOutputs;
export type ServerInputName = keyof typeof serverResource.inputs;

const accountOfLookup = {
  type: "string",
  optional: true,
  onlyDynamic: true,
  description: "Which of several Postject accounts to look in; see `Server`.",
} as const;

/** How Pulumi's own plain invokes work; the TypeScript package wraps the tokens itself. */
const PLAIN_LOOKUP =
  "The output form of a generated SDK (`getServerOutput`, `get_server_output`, `GetServerOutput`) keeps server tokens secret. Its " +
  "plain form returns them in plain text, which ends up in the console or the state wherever the program puts it: prefer the output " +
  "form, or wrap the token as a secret.";

/** The functions that read servers which a program does not own. */
export const functions = {
  getServer: {
    token: "postject:index:getServer",
    description:
      "Looks up one server, by `id` or by `name`. A name that several servers share is an error that lists their ids. " +
      PLAIN_LOOKUP,
    inputs: {
      id: { ...idField, optional: true },
      name: {
        type: "string",
        optional: true,
        description: "Name of the server, exactly; case matters.",
      },
      account: accountOfLookup,
    },
    outputs: {
      ...serverSummary.fields,
      streams: { type: { listOf: stream }, description: "The server's message streams." },
    },
  },
  getServers: {
    token: "postject:index:getServers",
    description: `Lists the servers of the account. ${PLAIN_LOOKUP}`,
    inputs: {
      nameContains: {
        type: "string",
        optional: true,
        description: "Keep only servers whose name contains this; case does not matter.",
      },
      account: accountOfLookup,
    },
    outputs: {
      servers: {
        type: { listOf: serverSummary },
        description: "The servers, in the order the API lists them.",
      },
    },
  },
} as const satisfies Readonly<
  Record<string, { token: string; description: string; inputs: Fields; outputs: Fields }>
>;

export type ServerSummary = Values<typeof serverSummary.fields>;
export type GetServerArgs = Values<typeof functions.getServer.inputs>;
export type GetServerResult = Values<typeof functions.getServer.outputs>;
export type GetServersArgs = Values<typeof functions.getServers.inputs>;
export type GetServersResult = Values<typeof functions.getServers.outputs>;
