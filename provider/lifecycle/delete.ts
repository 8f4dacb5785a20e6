import { type DeadlineOptions, ResponseMismatchError, startDeadline } from "../client";
import type { Properties } from "../settings";
import { proveDeleted, type ServerInState, unlessGone } from "./absence";
import { DeletionProtectedError, describe } from "./errors";
import type { Owner } from "./ownership";
import { isProtected, type Notice, type Run } from "./run";
import { readState } from "./state";

export interface DeleteRequest extends DeadlineOptions {
  readonly owner?: Owner;
  readonly id: string;
  readonly state: Properties;
}

/**
 * Deletes a server, or only lets go of it if another resource of the run has it. A server that is already gone counts as
 * deleted, once that is proven. Rejects while it is protected.
 */
async function remove(run: Run, request: DeleteRequest): Promise<Notice[]> {
  const { owner, id } = request;
  const state = readState(request.state);
  // A forced replacement of a resource that still says `adopt` takes over the very server that it replaces.
  if (run.ownership.hasOther(id, owner) || run.ownership.isTakenOver(id)) {
    // Should the other be deleted too, it is the last one and takes the server along.
    run.ownership.release(owner);
    const holder = run.ownership.hasOther(id, owner) ? "another resource of the program" : "its replacement";
    const message = `Not deleted: ${holder} has ${describe(state.name, id)}. Only this resource is gone.`;
    return [{ severity: "warning", message }];
  }
  if (isProtected(run, state)) {
    if (owner !== undefined) run.ownership.claim(id, owner);
    const setsProtectionItself = state.deletionProtection === true;
    throw new DeletionProtectedError({ name: state.name, id, setsProtectionItself });
  }
  // Another resource may have had the server, and may be deleting it right now.
  await run.inventory.serialize(id, async () => {
    if (!run.inventory.isDeleted(id)) await sendDelete(run, { id, state }, request);
  });
  return [];
}

async function sendDelete(run: Run, server: ServerInState, limits: DeadlineOptions): Promise<void> {
  const deadline = startDeadline(limits);
  try {
    await unlessGone(run, server, () => run.client.deleteServer(server.id, deadline), deadline);
  } catch (error) {
    if (!(error instanceof ResponseMismatchError)) throw error;
    await proveDeleted(run, server, deadline);
  }
  run.inventory.remove(server.id);
}

export { remove as delete };
