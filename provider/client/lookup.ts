import {
  errorCodes,
  type GetServerArgs,
  type GetServerResult,
  type GetServersArgs,
  type GetServersResult,
  isSameName,
  type ServerSummary,
  type StreamState,
} from "../spec";
import type { ServerListItem, StreamResponse } from "../spec/messages";
import type { Client } from "./client";
import type { Deadline } from "./deadline";
import { PostjectError } from "./errors";
import { toPlainText } from "./quote";

/** Finds one server by id or by name. Rejects with `not-found`, `ambiguous`, or what the client rejects with. */
export async function getServer(
  client: Client,
  args: GetServerArgs,
  deadline: Deadline,
): Promise<GetServerResult> {
  const id = args.id || undefined;
  const name = args.name || undefined;
  if ((id === undefined) === (name === undefined)) {
    throw new PostjectError("bad-request", "getServer needs either `id` or `name`.");
  }
  const { streams, ...server } = await client.getServer(
    id ?? (await findByName(client, String(name), deadline)),
    deadline,
  );
  return { ...server, streams: streams.map(toStreamState) };
}

/** Lists the account's servers. Rejects with `unexpected-response` if the list leaves out what a program needs of one of them. */
export async function getServers(
  client: Client,
  args: GetServersArgs,
  deadline: Deadline,
): Promise<GetServersResult> {
  const wanted = args.nameContains?.toLowerCase() ?? "";
  const servers = await client.listServers(deadline);
  return { servers: servers.filter(({ name }) => name.toLowerCase().includes(wanted)).map(toSummary) };
}

/** A stream as programs see it: a description that is null counts as absent. */
export function toStreamState({ description, ...stream }: StreamResponse): StreamState {
  return { ...stream, ...(description != null && { description }) };
}

/** A list without a server's token is good enough for a create, but not for a program that asked for the server. */
function toSummary({ id, name, token, createdAt }: ServerListItem): ServerSummary {
  if (token !== undefined && createdAt !== undefined) return { id, name, token, createdAt };
  throw new PostjectError(
    "unexpected-response",
    `The list of servers shows no ${token === undefined ? "token" : "createdAt"} for server ` +
      `"${toPlainText(name)}" (${toPlainText(id)}). ${errorCodes["unexpected-response"].remedy}`,
  );
}

async function findByName(client: Client, name: string, deadline: Deadline): Promise<string> {
  const found = (await client.listServers(deadline)).filter((server) => isSameName(server.name, name));
  const [first, second] = found;
  if (first === undefined) throw new PostjectError("not-found", `The account has no server named "${name}".`);
  if (second !== undefined) {
    const ids = found.map(({ id }) => id).join(", ");
    throw new PostjectError(
      "ambiguous",
      `${found.length} servers are named "${name}": ${ids}. Look one up by its id.`,
    );
  }
  return first.id;
}
