import { type DeadlineOptions, ResponseMismatchError, startDeadline } from "../client";
import type { Properties } from "../settings";
import type { ServerState } from "../spec";
import { proveDeleted, type ServerInState, unlessGone } from "./absence";
import { DeletionProtectedError, describe, type Replacement } from "./errors";
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
  const state = readState(request.state);
  const { ownership } = run;
  if (ownership.hasOther(id, owner)) {
    // Should the other be deleted too, it is the last one and takes the server along.
    ownership.release(owner);
    return [notDeleted("another resource of the program", state, id)];
  }
  // By an import or `adopt`, a resource may have back the very server that its replacement left to delete.
  if (ownership.hasOther(id, undefined) || ownership.isTakenOver(id))
    return [notDeleted("the resource in its place", state, id)];
  const successor = ownership.findSuccessor(id, owner);
  // The own setting of a server that a replacement left behind cannot be changed any more: that of the
  // resource may lift it, too.
  const current = successor === undefined ? undefined : run.checked.get(owner);
  const settings: Properties[] = current === undefined ? [state] : [state, current];
  if (settings.every((each) => isProtected(run, each))) {
    if (owner !== undefined) ownership.claim(id, owner);
    const setsProtectionItself = settings.every(({ deletionProtection }) => deletionProtection === true);
    throw new DeletionProtectedError(
      { name: state.name, id, setsProtectionItself },
      findReason(run, owner, successor),
    );
  }
  // Another resource may have had the server, and may be deleting it right now.
  await run.inventory.serialize(id, async () => {
    if (!run.inventory.isDeleted(id)) await sendDelete(run, { id, state }, request);
  });
  return [];
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
