import { type Client, type Deadline, PostjectError, toPlainText } from "../client";
import { findProblems, type Properties } from "../settings";
import {
  errorCodes,
  functions,
  type GetServerArgs,
  type GetServerResult,
  type GetServersArgs,
  type GetServersResult,
  isSameName,
  type ServerSummary,
  serverSummary,
  withoutOnlyDynamic,
} from "../spec";
import type { ServerListItem } from "../spec/messages";

/** What a lookup asks, as a program gives it: unchecked. */
export interface Lookup {
  readonly args: Properties;
  /** Whether it may name an `account`: the plugin's provider is of one account. */
  readonly isDynamic: boolean;
}

/** Looks up one server, by `id` or by `name`. Rejects with `bad-request`, `not-found`, `ambiguous`, or what the client rejects with. */
export async function getServer(
  client: Client,
  lookup: Lookup,
  deadline: Deadline,
): Promise<GetServerResult> {
  const { id, name }: GetServerArgs = checkArguments("getServer", lookup);
  if (Boolean(id) === Boolean(name))
    throw new PostjectError("bad-request", "getServer needs either `id` or `name`.");
  const { streams, ...server } = await client.getServer(
    id || (await findByName(client, String(name), deadline)),
    deadline,
  );
  // A description that is null counts as absent.
  const described = streams.map(({ description, ...stream }) => ({
    ...stream,
    ...(description != null && { description }),
  }));
  return { ...server, streams: described };
}

/** Lists the account's servers. Rejects with `unexpected-response` if the list leaves out what a program needs of one of them. */
export async function getServers(
  client: Client,
  lookup: Lookup,
  deadline: Deadline,
): Promise<GetServersResult> {
  const { nameContains = "" }: GetServersArgs = checkArguments("getServers", lookup);
  const servers = await client.listServers(deadline);
  const wanted = servers.filter(({ name }) => name.toLowerCase().includes(nameContains.toLowerCase()));
  return { servers: wanted.map(toSummary) };
}

/** Arguments come from any language, so their types are not sure. */
function checkArguments(name: keyof typeof functions, { args, isDynamic }: Lookup): Properties {
  const { inputs } = functions[name];
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value != null));
  const [problem] = findProblems(isDynamic ? inputs : withoutOnlyDynamic(inputs), name, given);
  if (problem === undefined) return given;
  const { property, reason } = problem;
  throw new PostjectError("bad-request", property === "" ? reason : `\`${property}\` of ${name} ${reason}`);
}

/** A list without a server's token is good enough for a create, but not for a program that asked for the server. */
function toSummary(server: ServerListItem): ServerSummary {
  const missing = Object.entries(serverSummary.fields).find(
    ([key, field]) => !("optional" in field) && server[key as keyof typeof server] === undefined,
  );
  if (missing === undefined) return server as ServerSummary;
  throw new PostjectError(
    "unexpected-response",
    `The list of servers shows no ${missing[0]} for server "${toPlainText(server.name)}" (${toPlainText(server.id)}). ` +
      errorCodes["unexpected-response"].remedy,
  );
}

async function findByName(client: Client, name: string, deadline: Deadline): Promise<string> {
  const found = (await client.listServers(deadline)).filter((server) => isSameName(server.name, name));
  const [first, second] = found;
  if (first === undefined) throw new PostjectError("not-found", `The account has no server named "${name}".`);
  if (second === undefined) return first.id;
  const ids = found.map(({ id }) => id).join(", ");
  throw new PostjectError(
    "ambiguous",
    `${found.length} servers are named "${name}": ${ids}. Look one up by its id.`,
  );
}
