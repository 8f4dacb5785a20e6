import { type Deadline, isNotFound } from "../client";
import type { ServerState } from "../spec";
import { AbsenceUnprovenError, textOf } from "./errors";
import { pauseWithin, type Run } from "./run";

/**
 * How old a server has to be before a look that does not find it counts. An API whose reads lag behind its
 * writes may not show a new server yet. Not documented by Postject: far above what such systems usually take,
 * and short enough to wait for.
 */
const SETTLING_MS = 15_000;

/** Pause between looks for a server that is too young; a fraction of the settling time, to find it soon. */
const LOOK_AGAIN_MS = 3000;

/** A server as a state has it. */
export interface ServerInState {
  readonly id: string;
  readonly state: Partial<ServerState>;
}

/**
 * Sends a request for a server, and returns undefined if the server is proven gone. A 404 alone is no proof:
 * another account's access token, an API that lags behind, or a proxy in between produce one, too. Proof
 * takes the API's own 404, of a server that is not brand-new, with a token of the account that the state
 * names, and a list with the same token that lacks it. Until the server is old enough the list is looked at,
 * and the request is sent again once it is or the server shows. Rejects with what the request rejects with,
 * or with an AbsenceUnprovenError.
 */
export async function unlessGone<T>(
  run: Run,
  server: ServerInState,
  request: () => Promise<T>,
  deadline: Deadline,
): Promise<T | undefined> {
  let createdMs = Date.parse(server.state.createdAt ?? "");
  for (;;) {
    let ageMs: number;
    try {
      return await request();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      refuseOtherAccount(run, server);
      // The API's own clock, where it tells: ours may be wrong.
      const nowMs = error.respondedAt ?? Date.now();
      // A server of unknown age may be as new as the first look at it.
      if (Number.isNaN(createdMs)) createdMs = nowMs;
      ageMs = nowMs - createdMs;
    }
    const isSettled = ageMs >= SETTLING_MS;
    let isListed: boolean;
    do {
      const waitMs = Math.min(Math.max(0, SETTLING_MS - ageMs), LOOK_AGAIN_MS);
      if (waitMs > 0 && !(await pauseWithin(run, waitMs, deadline))) throw tooNew(server, deadline);
      ageMs += waitMs;
      isListed = await lookUpInList(run, server, deadline);
    } while (!isListed && ageMs < SETTLING_MS);
    if (isSettled && isListed) throw stillListed(server);
    if (isSettled) return undefined;
  }
}

/** Proves by the list that a delete with an unreadable success response did delete the server. */
export async function proveDeleted(run: Run, server: ServerInState, deadline: Deadline): Promise<void> {
  let failure: unknown;
  for (const waitMs of run.reconcileDelaysMs) {
    if (!(await pauseWithin(run, waitMs, deadline))) break;
    try {
      // The list may lag behind the delete.
      if (!(await lookUpInList(run, server, deadline))) return;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? stillListed(server, { wasDeleted: true });
}

/** Only a token of the account that owns the server would see it. */
function refuseOtherAccount({ client }: Run, server: ServerInState): void {
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

async function lookUpInList({ client }: Run, server: ServerInState, deadline: Deadline): Promise<boolean> {
  try {
    const servers = await client.listServers(deadline);
    return servers.some(({ id }) => id === server.id);
  } catch (cause) {
    throw new AbsenceUnprovenError(server, `the list that would prove it failed: ${textOf(cause)}`, {
      cause,
    });
  }
}

function tooNew(server: ServerInState, { cancelled }: Deadline): AbsenceUnprovenError {
  const problem = cancelled?.aborted
    ? "the run was cancelled before that could be found out"
    : "it is so new that the API may not show it yet";
  return new AbsenceUnprovenError(server, problem);
}

function stillListed(server: ServerInState, { wasDeleted = false } = {}): AbsenceUnprovenError {
  return new AbsenceUnprovenError(server, "the account's list of servers still has it", { wasDeleted });
}
