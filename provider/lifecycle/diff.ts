import { type Properties, UNKNOWN } from "../settings";
import { isSameName, type ServerInputName, type ServerState, serverResource } from "../spec";
import { AdoptMismatchError, describe, OtherAccountError, TakenServerError } from "./errors";
import type { Owner } from "./ownership";
import type { Notice, Run } from "./run";
import { isComplete, readState } from "./state";

export interface Change {
  readonly property: ServerInputName;
  /** The change cannot be made to the server as it is: it is replaced. */
  readonly replaces: boolean;
}

export interface DiffRequest {
  readonly owner?: Owner;
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties;
}

/**
 * What differs between a server's state and the inputs, without a request. It notes in `run.ownership` that
 * the resource keeps its server, if the program has it and keeps it. Throws if another resource takes the
 * server over in this very run.
 */
export function diff(
  run: Run,
  { owner, id, state, inputs }: DiffRequest,
): { changes: Change[]; isComplete: boolean; notices: Notice[] } {
  const stored = readState(state);
  const changes = findChanges(run, stored, inputs);
  const isForeign = isOfOtherAccount(run, stored);
  // A diff without a check is a refresh's, which still calls a renamed or moved resource by its old URN.
  const isOfProgram = owner !== undefined && run.checked.has(owner);
  const replacing = changes.filter(({ property, replaces }) => replaces && inputs[property] !== UNKNOWN);
  const changesAccount = replacing.some(({ property }) => property === "account");
  if (isOfProgram && replacing.length > 0 && !changesAccount) {
    const { ownership } = run;
    const isImport = ownership.hasLookedAt(id, owner) || ownership.isTakenOver(id);
    if (isImport && !ownership.hasOther(id, owner)) {
      ownership.announce(id, owner);
      throw new AdoptMismatchError(id, String(inputs.name), stored.name ?? "");
    }
    if (isForeign) throw new OtherAccountError(stored, id, run.client.accountId);
  }
  // A new `account` brings its own access token.
  const notices = isForeign && !changesAccount ? toAccountNotice(run, id, stored) : [];
  if (isOfProgram) run.ids.set(owner, id);
  if (isOfProgram && !changes.some(({ replaces }) => replaces)) {
    // From 3.274 on, the engine's request for an import is that of a `get`; only an import goes on to a diff.
    if (run.ownership.hasLookedAt(id, owner)) {
      if (run.ownership.hasOther(id, owner)) throw new TakenServerError(id, { at: "take-over" });
      run.ownership.takeOver(id, owner);
    }
    if (run.ownership.isAnnouncedByOther(id, owner)) throw new TakenServerError(id, { at: "diff" });
    if (run.ownership.hasOther(id, owner)) {
      const message =
        `Two resources of the program have ${describe(stored.name, id)}. Remove one of them from the program: ` +
        "the server stays as long as the other has it.";
      notices.push({ severity: "warning", message });
    }
    run.ownership.keep(id, owner);
  }
  return { changes, isComplete: isComplete(stored), notices };
}

/** An unknown input counts as different; one that should be stored and is not is completed by an update. */
function findChanges({ inputFields }: Run, state: Partial<ServerState>, inputs: Properties): Change[] {
  return Object.entries(inputFields).flatMap(([key, { onlyOnCreate, replaces }]) => {
    const property = key as ServerInputName;
    const isMissing = state[property] === undefined && isRequiredOutput(property);
    if (onlyOnCreate || isMissing || state[property] === inputs[property]) return [];
    // Another spelling of the same name is not another server.
    const isRespelled =
      property === "name" &&
      typeof inputs.name === "string" &&
      state.name !== undefined &&
      isSameName(inputs.name, state.name);
    return [{ property, replaces: replaces === true && !isRespelled }];
  });
}

function isRequiredOutput(key: string): boolean {
  const { outputs } = serverResource;
  return key in outputs && !("optional" in outputs[key as keyof typeof outputs]);
}

/** Whether it is certain that the access token is not of the account that owns the server. */
function isOfOtherAccount({ client }: Run, { accountId }: Partial<ServerState>): boolean {
  return accountId !== undefined && client.accountId !== undefined && accountId !== client.accountId;
}

/** Told once for each account, at the first server that is of it. */
function toAccountNotice(run: Run, id: string, { name, accountId = "" }: Partial<ServerState>): Notice[] {
  const { client, foreignAccounts } = run;
  if (foreignAccounts.has(accountId)) return [];
  foreignAccounts.add(accountId);
  const message =
    `The access token is of account ${client.accountId}, but ${describe(name, id)} belongs to account ${accountId}. ` +
    `With this token it cannot be read or deleted, and new servers are created in account ${client.accountId}.`;
  return [{ severity: "warning", message }];
}
