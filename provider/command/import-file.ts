import { type Client, PostjectError, startDeadline } from "../client";
import { serverResource } from "../spec";
import type { ServerListItem } from "../spec/messages";

/** Which of the provider's forms the program uses that is to own the servers. */
export type Form = "plugin" | "dynamic";

export const formNames: readonly Form[] = ["plugin", "dynamic"];

/** What is to own the servers: a program in one of the forms, and the name it has for the account. */
export interface Owner {
  readonly form: Form;
  readonly account?: string | undefined;
}

type Server = Pick<ServerListItem, "id" | "name">;

/**
 * The text of a file for `pulumi import --file`: the servers with the given ids, or all that `isWanted`. Holds no secret.
 * Rejects with `not-found` if one of the ids is not the account's.
 */
export async function renderImportFile(
  client: Client,
  owner: Owner,
  ids: readonly string[],
  isWanted: (id: string) => boolean,
): Promise<string> {
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
  return `${JSON.stringify({ resources }, null, 2)}\n`;
}

/** The command that takes a single server over in the plugin's form. */
export function importLine(server: Server): string {
  return `pulumi import ${serverResource.token} ${toLogicalName(server)} ${server.id}`;
}

/** A name for a resource that needs no quotes in a shell. */
function toLogicalName({ id, name }: Server): string {
  const plain = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase();
  return plain === "" ? id : plain;
}

/**
 * The engine reads a plugin's server by its id. A dynamic one it takes as the file says, without reading it: the next
 * update completes the state, the token as a secret.
 */
function toResource({ form, account }: Owner, { id, name }: Server, logicalName: string): object {
  if (form === "plugin") return { type: serverResource.token, name: logicalName, id };
  const properties = { name, account, __provider: serverResource.dynamicProvider };
  return { type: serverResource.dynamicType, name: logicalName, id, inputs: properties, outputs: properties };
}
