import { type Client, PostjectError, startDeadline } from "../client";
import { serverResource } from "../spec";
import type { ServerListItem } from "../spec/messages";
import { toJson } from "./output";

/** Which of the provider's two forms a program uses. */
export type Form = "plugin" | "dynamic";

export const formNames: readonly Form[] = ["plugin", "dynamic"];

/** The program that is to own the servers: its form, and its name for the account. */
export interface Owner {
  readonly form: Form;
  readonly account?: string | undefined;
}

type Server = Pick<ServerListItem, "id" | "name">;

export interface ImportFile {
  /** Contains no secret. */
  readonly text: string;
  readonly serverCount: number;
}

/**
 * Makes a file for `pulumi import --file` of the servers with the given ids or, without ids, of all that `isWanted` selects.
 * Rejects with `not-found` if the account lacks one of the ids.
 */
export async function createImportFile(
  client: Client,
  owner: Owner,
  ids: readonly string[],
  isWanted: (id: string) => boolean,
): Promise<ImportFile> {
  const listed = await client.listServers(startDeadline());
  const missing = ids.filter((id) => !listed.some((server) => server.id === id));
  if (missing.length > 0) {
    throw new PostjectError(
      "not-found",
      `The account has no server ${missing.join(", ")}. Nothing was written.`,
    );
  }
  const servers = listed.filter(({ id }) => (ids.length > 0 ? ids.includes(id) : isWanted(id)));
  const used = new Set<string>();
  const resources = servers.map((server) => {
    const wanted = toLogicalName(server);
    let name = wanted;
    for (let count = 2; used.has(name); count++) name = `${wanted}-${count}`;
    used.add(name);
    return toResource(owner, server, name);
  });
  return { text: toJson({ resources }), serverCount: resources.length };
}

/** What to run after writing an import file. */
export function nextSteps(file: string, form: Form): string {
  const command = `pulumi import --file ${/^[\w./-]+$/.test(file) ? file : JSON.stringify(file)}`;
  if (form === "plugin") return `Next:\n  ${command}`;
  return `Next:
  ${command} --generate-code=false --protect=false
Then declare the servers in the program under the names in the file, and run:
  pulumi up`;
}

/** How a program of each form takes over a single server: a command for the plugin, an argument for the dynamic form. */
export const takeOver: Readonly<Record<Form, (server: Server) => string>> = {
  plugin: (server) => `pulumi import ${serverResource.token} ${toLogicalName(server)} ${server.id}`,
  dynamic: ({ id }) => `adopt: ${JSON.stringify(id)}`,
};

/** A resource name that needs no quoting in a shell. */
function toLogicalName({ id, name }: Server): string {
  const plain = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase();
  return plain === "" ? id : plain;
}

/**
 * The engine reads a plugin's server by its id. It records a dynamic one as the file says, without reading it; the next update
 * completes the state, with the token as a secret.
 */
function toResource({ form, account }: Owner, { id, name }: Server, logicalName: string): object {
  if (form === "plugin") return { type: serverResource.token, name: logicalName, id };
  const properties = { name, account, __provider: serverResource.dynamicProvider };
  return { type: serverResource.dynamicType, name: logicalName, id, inputs: properties, outputs: properties };
}
