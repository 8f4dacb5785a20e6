import { type DeadlineOptions, PostjectError, startDeadline } from "../client";
import type { Properties } from "../settings";
import type { ServerState } from "../spec";
import { unlessGone } from "./absence";
import { describe } from "./errors";
import type { Run, Stored } from "./run";
import { isComplete, readInputs, toState, withSettings } from "./state";

export interface UpdateRequest extends DeadlineOptions {
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties;
}

/** What an update would store, as far as it is known. */
export function previewUpdate({
  state,
  inputs,
}: Pick<UpdateRequest, "state" | "inputs">): Partial<ServerState> {
  return withSettings(state, inputs);
}

/** Changes only the state; reads the server if the state lacks something that every server has. */
export async function update(run: Run, request: UpdateRequest): Promise<Stored> {
  const { id, inputs } = request;
  const state = withSettings(request.state, inputs);
  if (isComplete(state)) return { id, state };
  const deadline = startDeadline(request);
  const server = await unlessGone(run, { id, state }, () => run.client.getServer(id, deadline), deadline);
  if (server === undefined) {
    const remedy =
      "This update only fills in missing state: run `pulumi refresh` to remove the server from the state.";
    throw new PostjectError("not-found", `${describe(state.name, id)} is gone. ${remedy}`);
  }
  const { name } = readInputs(inputs);
  const live = toState(
    server,
    { ...state, name: state.name ?? name },
    run.client.accountId ?? state.accountId,
  );
  return { id, state: live };
}
