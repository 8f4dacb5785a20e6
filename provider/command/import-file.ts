import { type Client, PostjectError, startDeadline, toShellArgument } from "../client";
import { serverResource } from "../spec";
import type { ServerListItem } from "../spec/messages";
import { toJson } from "./output";
import type { StackState } from "./states";

/** Which of the provider's two forms a program uses. */
export type Form = "plugin" | "dynamic";

export const formNames: readonly Form[] = ["plugin", "dynamic"];

/** The program that is to own the servers: its form, and its name for the account. */
export interface Owner {
  readonly form: Form;
  readonly account?: string | undefined;
}

type Server = Pick<ServerListItem, "id" | "name">;

/** A server and the name that its resource is to have. */
export type Named<S extends Server> = S & { readonly resourceName: string };

export interface ImportFile {
  /** Contains no secret. */
  readonly text: string;
  readonly serverCount: number;
}

/**
 * Makes a file for `pulumi import --file` of the servers with the given ids or, without ids, of all that none
 * of the stacks has. Rejects with `not-found` if the account lacks one of the ids.
 */
export async function createImportFile(
  client: Client,
  owner: Owner,
  ids: readonly string[],
  states: readonly StackState[],
): Promise<ImportFile> {
  const listed = await client.listServers(startDeadline());
  const missing = ids.filter((id) => !listed.some((server) => server.id === id));
  if (missing.length > 0) {
    throw new PostjectError(
      "not-found",
      `The account has no server ${missing.join(", ")}. Nothing was written.`,
    );
  }
  const wanted = new Set(ids);
  const owned = new Set(states.flatMap(({ serverIds }) => serverIds));
  const servers = listed.filter(({ id }) => (wanted.size > 0 ? wanted.has(id) : !owned.has(id)));
  const resources = nameResources(servers, states).map((server) => toResource(owner, server));
  return { text: toJson({ resources }), serverCount: resources.length };
}

/** Gives each server a name for its resource that no other one has, and no server of the stacks. */
export function nameResources<S extends Server>(
  servers: readonly S[],
  states: readonly StackState[],
): Named<S>[] {
  const used = new Set(states.flatMap(({ names }) => names));
  const counts = new Map<string, number>();
  return servers.map((server) => {
    const wanted = toLogicalName(server);
    let count = counts.get(wanted) ?? 0;
    let resourceName: string;
    do {
      count += 1;
      resourceName = count === 1 ? wanted : `${wanted}-${count}`;
    } while (used.has(resourceName));
    counts.set(wanted, count);
    used.add(resourceName);
    return { ...server, resourceName };
  });
}

/** What to run after writing an import file. */
export function nextSteps(file: string, form: Form): string {
  const command = `pulumi import --file ${toShellArgument(file)}`;
  if (form === "plugin") return `Next:\n  ${command}`;
  return `Next:
  ${command} --generate-code=false --protect=false
Then declare the servers in the program under the names in the file, and run:
  pulumi up`;
}

/** How each form takes over a single server: a command for the plugin, an argument for the dynamic form. */
export const takeOver: Readonly<Record<Form, (server: Named<Server>) => string>> = {
  plugin: ({ id, resourceName }) =>
    ["pulumi", "import", serverResource.token, resourceName, id].map(toShellArgument).join(" "),
  dynamic: ({ id }) => `adopt: ${JSON.stringify(id)}`,
};

/** A server's name as resources are named. */
function toLogicalName({ id, name }: Server): string {
  const plain = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase();
  return plain === "" ? id : plain;
}

/**
 * The engine reads a plugin's server by its id. It records a dynamic one as the file says, without reading
 * it; the next update completes the state, with the token as a secret.
 */
function toResource({ form, account }: Owner, { id, name, resourceName }: Named<Server>): object {
  if (form === "plugin") return { type: serverResource.token, name: resourceName, id };
  const properties = { name, account, __provider: serverResource.dynamicProvider };
  return {
    type: serverResource.dynamicType,
    name: resourceName,
    id,
    inputs: properties,
    outputs: properties,
  };
}
