import { isNotFound, PostjectError } from "../client";
import type { ServerInputs } from "../spec";
import { unlessGone } from "./absence";
import { AdoptMismatchError } from "./errors";
import type { Owner } from "./ownership";
import type { Properties } from "./properties";
import { type Limits, type Run, type Stored, startOperation } from "./run";
import { readState, settingsOf, toState } from "./state";

export interface ReadRequest extends Limits {
  readonly owner?: Owner;
  readonly id: string;
  /** What is known of the server: nothing for an import or a `get`. */
  readonly state: Properties;
  /** What the resource has to do with the server: it keeps it, takes it over by an import, or only reads it. */
  readonly ownership: "keeps" | "imports" | "none";
}

/**
 * The server's current state, and the inputs that it corresponds to; undefined once it is proven to be gone. Rejects with
 * `not-found` where nothing was known of the server before: there is no state to remove.
 */
export async function read(
  run: Run,
  request: ReadRequest,
): Promise<(Stored & { inputs: ServerInputs }) | undefined> {
  const { owner, id, ownership } = request;
  const state = readState(request.state);
  const deadline = startOperation(request);
  if (id === "") throw new PostjectError("bad-request", "The id of the server to read is empty.");
  if (ownership === "imports" && owner !== undefined && run.ownership.hasOther(id, owner))
    throw new AdoptMismatchError(id, "another resource of the program has it");
  const get = () => run.client.getServer(id, deadline);
  const isKnown = state.name !== undefined || state.createdAt !== undefined;
  const server = await (isKnown
    ? unlessGone(run, { id, state }, get, deadline)
    : get().catch(explainMissing(id)));
  if (server === undefined) return undefined;
  if (ownership === "imports") run.ownership.takeOver(id, owner);
  if (ownership === "keeps" && owner !== undefined) run.ownership.claim(id, owner);
  const live = toState(server, state, run.client.accountId ?? state.accountId);
  return { id, state: live, inputs: { name: live.name, ...settingsOf(live) } };
}

function explainMissing(id: string): (error: unknown) => never {
  return (error) => {
    if (!isNotFound(error)) throw error;
    const remedy = "Check the id, and that the access token is of the account that owns the server.";
    throw new PostjectError(
      "not-found",
      `resource '${id}' does not exist: Postject finds no such server. ${remedy}`,
    );
  };
}
