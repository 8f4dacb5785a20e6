import { type Client, type Deadline, PostjectError, toPlainText } from "../client";
import { findProblems, type Properties, UNKNOWN } from "../settings";
import {
  errorCodes,
  type Fields,
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
import { readFields } from "./state";

/**
 * The arguments of a lookup, which come from any language, so that their types are not sure. Rejects them
 * with `bad-request`. `isDynamic`: they may name an `account`; the plugin's provider is of one account.
 */
export function checkArguments(
  name: keyof typeof functions,
  args: Properties,
  { isDynamic }: { readonly isDynamic: boolean },
): GetServerArgs & GetServersArgs {
  const inputs: Fields = functions[name].inputs;
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value != null));
  const unknown = Object.keys(given).find((key) => given[key] === UNKNOWN);
  if (unknown !== undefined)
    throw new PostjectError("bad-request", `\`${unknown}\` of ${name} is not known yet.`);
  const [problem] = findProblems(isDynamic ? inputs : withoutOnlyDynamic(inputs), name, given);
  if (problem === undefined) return readFields(inputs, given);
  const { property, reason } = problem;
  throw new PostjectError("bad-request", property === "" ? reason : `\`${property}\` of ${name} ${reason}`);
}

/** Takes an `id` or a `name`. Rejects with `bad-request`, `not-found`, `ambiguous`, or as the client does. */
export async function getServer(
  client: Client,
  { id, name }: GetServerArgs,
  deadline: Deadline,
): Promise<GetServerResult> {
  if (Boolean(id) === Boolean(name))
    throw new PostjectError("bad-request", "getServer needs exactly one of `id` and `name`.");
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

/** Lists the account's servers. Rejects with `unexpected-response` if one lacks what a program needs. */
export async function getServers(
  client: Client,
  { nameContains = "" }: GetServersArgs,
  deadline: Deadline,
): Promise<GetServersResult> {
  const servers = await client.listServers(deadline);
  const wanted = servers.filter(({ name }) => name.toLowerCase().includes(nameContains.toLowerCase()));
  return { servers: wanted.map(toSummary) };
}

/** A list without a server's token will do for a create, but not for a program that asked for the server. */
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
