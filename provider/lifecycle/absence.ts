import type { Deadline } from "../client";
import { isNotFound } from "../client";
import type { ServerState } from "../spec";
import { AbsenceUnprovenError, textOf } from "./errors";
import { pauseWithin, type Run } from "./run";

/**
 * How old a server has to be before a look that does not find it counts. An API whose reads lag behind its writes may not show
 * a new server yet. Not documented by Postject: far above what such systems usually take, and short enough to wait for.
 */
const SETTLING_MS = 15_000;

/** Pause between two looks at a server that is too young; a fraction of the settling time, so that it is found soon. */
const LOOK_AGAIN_MS = 3000;

/** A server that a state has. */
export interface KnownServer {
  readonly id: string;
  readonly state: Partial<ServerState>;
}

/**
 * Sends a request for a server, and returns undefined if the server is proven gone. A 404 alone is no proof: another account's
 * access token, an API that lags behind, or something on the way to it produce one, too. Proof takes the API's own 404, of a
 * server that is not brand-new, with a token of the account that the state names, and a list with the same token that lacks it.
 * Rejects with what the request rejects with, or with an AbsenceUnprovenError.
 */
export async function unlessGone<T>(
  run: Run,
  server: KnownServer,
  request: () => Promise<T>,
  deadline: Deadline,
): Promise<T | undefined> {
  let bornMs = Date.parse(server.state.createdAt ?? "");
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      refuseOtherEyes(run, server);
      // The API's own clock, where it tells: ours may be wrong.
      const nowMs = error.respondedAt ?? Date.now();
      // Of a server whose age is not known, the first look is the youngest it can be.
      if (Number.isNaN(bornMs)) bornMs = nowMs;
      const waitMs = bornMs + SETTLING_MS - nowMs;
      if (waitMs <= 0) break;
      if (!(await pauseWithin(run, Math.min(waitMs, LOOK_AGAIN_MS), deadline)))
        throw new AbsenceUnprovenError(server, "it is so new that the API may not show it yet", error);
    }
  }
  await refuseListed(run, server, deadline);
  return undefined;
}

/** Proves by the list that a delete that the API called a success, in an unreadable response, did delete the server. */
export async function proveDeleted(run: Run, server: KnownServer, deadline: Deadline): Promise<void> {
  for (const waitMs of run.reconcileDelaysMs.slice(0, -1)) {
    if (!(await pauseWithin(run, waitMs, deadline))) break;
    try {
      return await refuseListed(run, server, deadline);
    } catch {
      // The list may lag behind the delete.
    }
  }
  await refuseListed(run, server, deadline);
}

/** Only a token of the account that owns the server would see it. */
function refuseOtherEyes({ client }: Run, server: KnownServer): void {
  const { accountId } = server.state;
  if (client.accountId !== undefined && client.accountId === accountId) return;
  const owner =
    accountId === undefined ? "the state does not say whose it is" : `it belongs to account ${accountId}`;
  const token =
    client.accountId === undefined
      ? "the access token names no account"
      : `the access token is of account ${client.accountId}`;
  throw new AbsenceUnprovenError(server, `${owner}, and ${token}`);
}

async function refuseListed({ client }: Run, server: KnownServer, deadline: Deadline): Promise<void> {
  let servers: readonly { readonly id: string }[];
  try {
    servers = await client.listServers(deadline);
  } catch (cause) {
    throw new AbsenceUnprovenError(server, `the list that would prove it failed: ${textOf(cause)}`, cause);
  }
  if (servers.some(({ id }) => id === server.id))
    throw new AbsenceUnprovenError(server, "the account's list of servers still has it");
}
