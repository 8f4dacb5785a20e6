import type { Client, Deadline } from "../client";
import type { ServerState } from "../spec";
import { AbsenceUnprovenError, textOf } from "./errors";

/**
 * Makes sure that a server the API does not find is gone. A 404 alone is not proof: another account's access token, or
 * something on the way to the API, answers the same. Rejects unless a list with the same token works and lacks it, and
 * the token is of the account that owned it.
 */
export async function proveAbsence(
  client: Client,
  id: string,
  { name, accountId }: Partial<ServerState>,
  deadline: Deadline,
): Promise<void> {
  if (accountId !== undefined && accountId !== client.accountId) {
    const whose = client.accountId === undefined ? "names no account" : `is of account ${client.accountId}`;
    throw new AbsenceUnprovenError(
      name,
      id,
      `it belongs to account ${accountId}, and the access token ${whose}`,
    );
  }
  let servers: { id: string }[];
  try {
    servers = await client.listServers(deadline);
  } catch (cause) {
    throw new AbsenceUnprovenError(name, id, `the list that would prove it failed: ${textOf(cause)}`, cause);
  }
  if (servers.some((server) => server.id === id)) {
    throw new AbsenceUnprovenError(name, id, "the account's list of servers still has it");
  }
}
