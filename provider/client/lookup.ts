import type { GetServerArgs, GetServerResult, GetServersArgs, GetServersResult, StreamState } from "../spec";
import type { LiveStream } from "../spec/messages";
import type { Client } from "./client";
import type { Deadline } from "./deadline";
import { PostjectError } from "./errors";

/** Finds one server by id or by name. Rejects with `not-found`, `ambiguous`, or what the client rejects with. */
export async function getServer(
  client: Client,
  args: GetServerArgs,
  deadline: Deadline,
): Promise<GetServerResult> {
  const id = args.id || undefined;
  const name = args.name || undefined;
  if ((id === undefined) === (name === undefined)) {
    throw new PostjectError("bad-request", "getServer wants either `id` or `name`.");
  }
  const { streams, ...server } = await client.getServer(
    id ?? (await findByName(client, String(name), deadline)),
    deadline,
  );
  return { ...server, streams: streams.map(toStreamState) };
}

/** Lists the account's servers. */
export async function getServers(
  client: Client,
  args: GetServersArgs,
  deadline: Deadline,
): Promise<GetServersResult> {
  const wanted = args.nameContains?.toLowerCase() ?? "";
  const servers = await client.listServers(deadline);
  return {
    servers: servers
      .filter(({ name }) => name.toLowerCase().includes(wanted))
      .map(({ id, name, token, createdAt }) => ({ id, name, token, createdAt })),
  };
}

/** A stream as programs see it: a description that is null is one that is not there. */
export function toStreamState({ description, ...stream }: LiveStream): StreamState {
  return { ...stream, ...(description !== null && { description }) };
}

async function findByName(client: Client, name: string, deadline: Deadline): Promise<string> {
  const found = (await client.listServers(deadline)).filter((server) => server.name === name);
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
