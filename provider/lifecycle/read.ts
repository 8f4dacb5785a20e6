import { type DeadlineOptions, isNotFound, PostjectError, startDeadline } from "../client";
import type { Properties } from "../settings";
import type { ServerInputs } from "../spec";
import { unlessGone } from "./absence";
import type { Owner } from "./ownership";
import type { Run, Stored } from "./run";
import { readInputs, readState, toState } from "./state";
import { takeOver } from "./take-over";

export interface ReadRequest extends DeadlineOptions {
  readonly owner?: Owner;
  readonly id: string;
  /** What is known of the server: nothing for an import or a `get`. */
  readonly state: Properties;
  /** Whether the resource takes the server over. Other reads claim nothing: they may only be looking. */
  readonly isImport: boolean;
}

/**
 * The server's current state, and the inputs that it corresponds to; undefined once it is proven to be gone.
 * Rejects with `not-found` if nothing was known about the server: then there is no state to remove.
 */
export async function read(
  run: Run,
  request: ReadRequest,
): Promise<(Stored & { inputs: ServerInputs }) | undefined> {
  const { owner, id, isImport } = request;
  const state = readState(request.state);
  const deadline = startDeadline(request);
  if (id === "") throw new PostjectError("bad-request", "The id of the server to read is empty.");
  const get = () => run.client.getServer(id, deadline);
  const isKnown = state.name !== undefined || state.createdAt !== undefined;
  if (!isKnown && owner !== undefined) run.ownership.lookAt(id, owner);
  const look = () =>
    isKnown ? unlessGone(run, { id, state }, get, deadline) : get().catch(explainMissing(id));
  const server = await (isImport ? takeOver(run, id, owner, look) : look());
  if (server === undefined) return undefined;
  const live = toState(server, state, run.client.accountId ?? state.accountId);
  return { id, state: live, inputs: readInputs(live) };
}

function explainMissing(id: string): (error: unknown) => never {
  return (error) => {
    if (!isNotFound(error)) throw error;
    throw new PostjectError(
      "not-found",
      `resource '${id}' does not exist: Postject finds no such server. ${error.remedy}`,
    );
  };
}
