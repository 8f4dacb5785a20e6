import { type DeadlineOptions, ResponseMismatchError, startDeadline } from "../client";
import type { Properties } from "../settings";
import type { ServerState } from "../spec";
import { proveDeleted, type ServerInState, unlessGone } from "./absence";
import { DeletionProtectedError, describe, type Replacement, TakenServerError } from "./errors";
import type { Owner } from "./ownership";
import { isProtected, type Notice, type Run } from "./run";
import { readState } from "./state";

export interface DeleteRequest extends DeadlineOptions {
  readonly owner?: Owner;
  readonly id: string;
  readonly state: Properties;
}

/**
 * Deletes a server, or only lets go of it if another resource of the run has it. A server that is already
 * gone counts as deleted, once that is proven. Rejects while it is protected.
 */
async function remove(run: Run, request: DeleteRequest): Promise<Notice[]> {
  const { owner, id } = request;
  const { inventory, ownership } = run;
  const state = readState(request.state);
  // Another resource may be taking the server over, or deleting it, right now.
  return inventory.serialize("id", id, async () => {
    if (inventory.isDeleted(id)) return [];
    if (ownership.hasOther(id, owner)) {
      // Should the other be deleted too, it is the last one and takes the server along.
      if (ownership.findSuccessor(id, owner) === undefined) ownership.release(owner);
      return [notDeleted(`${owner === undefined ? "a" : "another"} resource of the program`, state, id)];
    }
    // A resource may have back, by an import or `adopt`, the very server that a replacement of it left.
    if (ownership.isKept(id) || ownership.isTakenOver(id))
      return [notDeleted("the resource in its place", state, id)];
    if (ownership.isAnnouncedByOther(id, owner)) throw new TakenServerError(id, { at: "delete" });
    refuseProtected(run, request, state);
    await sendDelete(run, { id, state }, request);
    return [];
  });
}

function refuseProtected(run: Run, { owner, id }: DeleteRequest, state: Partial<ServerState>): void {
  const successor = run.ownership.findSuccessor(id, owner);
  const current = successor === undefined ? undefined : run.checked.get(owner)?.inputs;
  // The setting of a server that a replacement left cannot change any more: its resource may lift it instead.
  if (!isProtected(run, state) || current?.deletionProtection === false) return;
  if (owner !== undefined) run.ownership.refuseDelete(id, owner);
  const server = { name: state.name, id, setsProtectionItself: state.deletionProtection === true };
  throw new DeletionProtectedError(server, findReason(run, owner, successor));
}

function notDeleted(holder: string, { name }: Partial<ServerState>, id: string): Notice {
  const message = `Not deleted: ${holder} has ${describe(name, id)}. Only this entry of the state is gone.`;
  return { severity: "warning", message };
}

/** Why a server is to be deleted although the program has its resource; undefined if it does not. */
function findReason(run: Run, owner: Owner, successor: string | undefined): Replacement | undefined {
  if (successor !== undefined) return { by: "successor", successor };
  return run.declared.has(owner) ? { by: "run", isLifted: false } : undefined;
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
