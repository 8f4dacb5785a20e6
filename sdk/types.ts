// Generated from provider/spec by `npm run generate`; do not edit.
import type * as pulumi from "@pulumi/pulumi";

export interface ServerArgs {
  /** Human-readable name of the server. Postject cannot rename a server: changing it replaces the server, and the old one is deleted with its message streams, sent messages, message events, templates and server token. If unset, a name is generated once, from the resource's name and seven hex digits that differ from one machine to another, and kept from then on. */
  name?: pulumi.Input<string> | undefined;
  /** Refuse to delete or replace this server. If unset, the provider's `deletionProtection` decides, which is on by default. To lift it, set `false` and run an update first: what counts is what the last update stored. */
  deletionProtection?: pulumi.Input<boolean> | undefined;
  /** Create this server even if the account already has one of the same name. Off by default, because the existing one is usually this very server under another resource name, or somebody else's. */
  allowDuplicateName?: pulumi.Input<boolean> | undefined;
  /** Which of several Postject accounts owns the server: `staging` reads the stack configuration `postject-staging:*` and the environment variables `POSTJECT_STAGING_*` first. Its access token and its plan come from there alone; other settings fall back to the stack's. Changing it replaces the server. */
  account?: string | undefined;
  /** Id of an existing server to adopt instead of creating one; its name must be `name`. Remove the line after the update: a server that is in the state is not adopted again. */
  adopt?: pulumi.Input<string> | undefined;
}

export interface ServerTemplate {
  /** What `{server}` stands for in the name template; defaults to the server's key. */
  name?: string | undefined;
  /** Whether to protect this server; defaults to the environment's `deletionProtection`. */
  deletionProtection?: pulumi.Input<boolean> | undefined;
  /** Create this server even if the account already has one of the same name. Off by default, because the existing one is usually this very server under another resource name, or somebody else's. */
  allowDuplicateName?: pulumi.Input<boolean> | undefined;
  /** Id of an existing server to adopt instead of creating one; its name must be `name`. Remove the line after the update: a server that is in the state is not adopted again. */
  adopt?: pulumi.Input<string> | undefined;
}

export interface EnvironmentArgs<Key extends string = string> {
  /** The servers by key. The key names the resource, the environment variables and, unless the template says otherwise, the server. In YAML, write `{}` for a server without settings of its own: Pulumi drops a key without a value. */
  servers: Readonly<Record<Key, ServerTemplate>>;
  /** Template of the servers' names, with the placeholders `{environment}`, `{server}`, `{project}`, `{stack}`; defaults to `{environment} {server}`. A changed name replaces the server. */
  nameTemplate?: string | undefined;
  /** Whether to protect the servers whose template does not say. If unset, the provider's `deletionProtection` decides. */
  deletionProtection?: pulumi.Input<boolean> | undefined;
  /** Which of several Postject accounts owns the server: `staging` reads the stack configuration `postject-staging:*` and the environment variables `POSTJECT_STAGING_*` first. Its access token and its plan come from there alone; other settings fall back to the stack's. Changing it replaces the server. */
  account?: string | undefined;
}
/** A resource with the outputs of a Server. */
export interface ServerProperties extends pulumi.CustomResource {
  /** Human-readable name of the server. It identifies nothing: two servers may share it. */
  readonly name: pulumi.Output<string>;
  /** The server token (`pt_live_…`) that applications send mail with. A secret: masked in output, encrypted in state. */
  readonly token: pulumi.Output<string>;
  /** When the server was created: ISO 8601, UTC. */
  readonly createdAt: pulumi.Output<string>;
  /** The server's message streams, as its creation returned them; `getServer` returns them in full. */
  readonly streams: pulumi.Output<StreamSummary[]>;
  /** The account that owns the server: the `sub` of the access token, if it has one. */
  readonly accountId: pulumi.Output<string | undefined>;
  /** The protection this server itself asks for; unset where the provider's setting decides. */
  readonly deletionProtection: pulumi.Output<boolean | undefined>;
}

export interface Stream {
  /** Postject's id of the stream. */
  id: string;
  /** Human-readable name of the stream. */
  name: string;
  /** `transactional`, `broadcast` or `inbound`. */
  type: string;
  /** Name of the stream in addresses and API calls, if the API shows it. */
  slug?: string | undefined;
  /** What the stream is for, if known. */
  description?: string | undefined;
  /** When the stream was created (ISO 8601, UTC), if the API shows it. */
  createdAt?: string | undefined;
}

export interface StreamSummary {
  /** Postject's id of the stream. */
  id: string;
  /** Human-readable name of the stream. */
  name: string;
  /** `transactional`, `broadcast` or `inbound`. */
  type: string;
}

export interface ServerSummary {
  /** Postject's id of the server. */
  id: string;
  /** Human-readable name of the server. It identifies nothing: two servers may share it. */
  name: string;
  /** The server token (`pt_live_…`) that applications send mail with. A secret: masked in output, encrypted in state. */
  token: pulumi.Output<string>;
  /** When the server was created: ISO 8601, UTC. */
  createdAt: string;
}

export interface GetServerArgs {
  /** Postject's id of the server. */
  id?: string | undefined;
  /** Name of the server, exactly; case matters. */
  name?: string | undefined;
  /** Which of several Postject accounts to look in; see `Server`. */
  account?: string | undefined;
}

export interface GetServerResult {
  /** Postject's id of the server. */
  id: string;
  /** Human-readable name of the server. It identifies nothing: two servers may share it. */
  name: string;
  /** The server token (`pt_live_…`) that applications send mail with. A secret: masked in output, encrypted in state. */
  token: pulumi.Output<string>;
  /** When the server was created: ISO 8601, UTC. */
  createdAt: string;
  /** The server's message streams. */
  streams: Stream[];
}

export interface GetServersArgs {
  /** Keep only servers whose name contains this; case does not matter. */
  nameContains?: string | undefined;
  /** Which of several Postject accounts to look in; see `Server`. */
  account?: string | undefined;
}

export interface GetServersResult {
  /** The servers, in the order the API lists them. */
  servers: ServerSummary[];
}
