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

/** Pause between two looks for a server that is too young; a fraction of the settling time, so that it is found soon. */
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
  for (;;) {
    let ageMs: number;
    try {
      return await request();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      refuseOtherAccount(run, server);
      ageMs = ageOf(server, error.respondedAt);
    }
    let isListed: boolean;
    do {
      const waitMs = Math.min(Math.max(0, SETTLING_MS - ageMs), LOOK_AGAIN_MS);
      if (waitMs > 0 && !(await pauseWithin(run, waitMs, deadline)))
        throw new AbsenceUnprovenError(server, "it is so new that the API may not show it yet");
      ageMs += waitMs;
      isListed = await lookUpInList(run, server, deadline);
    } while (!isListed && ageMs < SETTLING_MS);
    if (!isListed) return undefined;
    if (ageMs >= SETTLING_MS) throw stillListed(server);
  }
}

/** Proves by the list that a delete which the API called a success, in an unreadable response, did delete the server. */
export async function proveDeleted(run: Run, server: KnownServer, deadline: Deadline): Promise<void> {
  for (const waitMs of run.reconcileDelaysMs) {
    if (!(await pauseWithin(run, waitMs, deadline))) break;
    // The list may lag behind the delete.
    if (!(await lookUpInList(run, server, deadline))) return;
  }
  throw stillListed(server);
}

/** The server's age by the API's own clock, where it tells: ours may be wrong. One of unknown age may be new. */
function ageOf({ state }: KnownServer, nowMs = Date.now()): number {
  const createdMs = Date.parse(state.createdAt ?? "");
  return Number.isNaN(createdMs) ? 0 : nowMs - createdMs;
}

/** Only a token of the account that owns the server would see it. */
function refuseOtherAccount({ client }: Run, server: KnownServer): void {
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

async function lookUpInList({ client }: Run, server: KnownServer, deadline: Deadline): Promise<boolean> {
  try {
    const servers = await client.listServers(deadline);
    return servers.some(({ id }) => id === server.id);
  } catch (cause) {
    throw new AbsenceUnprovenError(server, `the list that would prove it failed: ${textOf(cause)}`, cause);
  }
}

function stillListed(server: KnownServer): AbsenceUnprovenError {
  return new AbsenceUnprovenError(server, "the account's list of servers still has it");
}
