import type { Reference, StoredServer } from "../../provider/reference";
import type { ServerState } from "../../provider/spec";

/** The server that has to be the only one. */
export function onlyServer(reference: Reference): StoredServer {
  const [server, second] = reference.servers();
  if (server === undefined || second !== undefined) throw new Error("there is not exactly one server");
  return server;
}

/** What a piece of work sends, as `METHOD path`. */
export async function requestsOf(reference: Reference, work: () => Promise<unknown>): Promise<string[]> {
  const before = reference.requests().length;
  await work();
  return reference
    .requests()
    .slice(before)
    .map(({ method, path }) => `${method} ${path}`);
}

/** Creates a server beside Pulumi, in the account of the access token, and returns its id. */
export async function createByHand(
  reference: Reference,
  name: string,
  accessToken = reference.accessToken,
): Promise<string> {
  const response = await fetch(`${reference.url}/v1/servers`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  return ((await response.json()) as { id: string }).id;
}

/** Deletes a server beside Pulumi, in the account of the access token. */
export async function deleteOutside(reference: Reference, id: string): Promise<void> {
  await fetch(`${reference.url}/v1/servers/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${reference.accessToken}` },
  });
}

/** A server's streams as its resource has them. */
export function streamsOf(server: StoredServer | undefined): ServerState["streams"] {
  return (server?.streams ?? []).map(({ id, name, type }) => ({ id, name, type }));
}

/** The names of all servers, sorted. */
export function namesOf(reference: Reference): string[] {
  return reference
    .servers()
    .map(({ name }) => name)
    .toSorted();
}
