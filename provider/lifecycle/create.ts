import {
  ApiError,
  type Deadline,
  type DeadlineOptions,
  hadNoEffect,
  isNotFound,
  PostjectError,
  ResponseMismatchError,
  startDeadline,
  uninterrupted,
} from "../client";
import type { Properties } from "../settings";
import { isSameName, type ServerInputs, sentFields, serverLimitOf, serverSummary } from "../spec";
import type { ResponseOf } from "../spec/messages";
import {
  AdoptMismatchError,
  CreateIncompleteError,
  CreateUnclearError,
  describe,
  ExistingServerError,
  ForbiddenCreateError,
  type ImportHint,
  NameTakenError,
  PlanLimitError,
  textOf,
} from "./errors";
import type { Owner } from "./ownership";
import { type Found, pauseWithin, type Run, type Stored } from "./run";
import { isComplete, readFields, readInputs, type ServerFacts, toState } from "./state";
import { takeOver } from "./take-over";

export interface CreateRequest extends DeadlineOptions {
  readonly owner?: Owner;
  /** Checked inputs: a name is always there. */
  readonly inputs: Properties;
  readonly importHint: ImportHint;
}

/** A create under way. */
interface Creation {
  readonly run: Run;
  readonly owner: Owner;
  readonly inputs: ServerInputs & { name: string };
  readonly importHint: ImportHint;
  readonly deadline: Deadline;
}

/**
 * Creates a server: checks that the name is free, sends one POST, and reconciles if its outcome is unclear.
 * Rejects without a server, or with the ids of those that it may be, or with a CreateIncompleteError that
 * holds what is to be stored.
 */
export async function create(run: Run, request: CreateRequest): Promise<Stored> {
  const { owner, importHint } = request;
  const { name, ...inputs } = readInputs(request.inputs);
  if (name === undefined) throw new Error("a checked Server has a name");
  const deadline = startDeadline(request);
  const creation: Creation = { run, owner, inputs: { ...inputs, name }, importHint, deadline };
  try {
    return await run.inventory.serialize("name", name, () =>
      inputs.adopt === undefined ? createNew(creation) : adopt(creation, inputs.adopt),
    );
  } catch (error) {
    // If this was to replace the resource's server, the resource still has that.
    const id = run.ids.get(owner);
    const isCreated = error instanceof CreateIncompleteError;
    if (id !== undefined && !isCreated && !run.inventory.isDeleted(id)) run.ownership.keep(id, owner);
    throw error;
  }
}

async function createNew(creation: Creation): Promise<Stored> {
  const { run, owner, inputs, importHint, deadline } = creation;
  const { inventory, ownership } = run;
  // An error hook of the program may have the engine repeat a create.
  const incomplete = run.incomplete.get(owner);
  if (incomplete !== undefined) return complete(creation, incomplete);
  await inventory.load(run.client, deadline);
  const taken = inventory.named(inputs.name);
  if (taken.length > 0 && !inputs.allowDuplicateName) {
    throw new NameTakenError(inputs.name, {
      taken: taken.map((server) => ({ ...server, isOwned: ownership.hasOther(server.id, owner) })),
      isReplacement: run.replaced.has(owner),
      importHint,
    });
  }
  // While the outcome of an earlier create of the name is open, another POST could make a second server.
  const unclear = inventory.unclearCause(inputs.name);
  const created = await (unclear === undefined ? post(creation) : reconcile(creation, unclear));
  inventory.add({ id: created.id, name: inputs.name, createdAt: created.createdAt });
  if (owner !== undefined) ownership.claim(created.id, owner);
  return complete(creation, created);
}

async function adopt({ run, owner, inputs, deadline }: Creation, id: string): Promise<Stored> {
  const server = await takeOver(run, id, owner, async () => {
    const found = await run.client.getServer(id, deadline);
    if (!isSameName(found.name, inputs.name)) throw new AdoptMismatchError(id, inputs.name, found.name);
    return found;
  });
  return { id, state: toState(server, inputs, run.client.accountId) };
}

async function post(creation: Creation): Promise<Found> {
  const { run, inputs, deadline } = creation;
  let created: ResponseOf<"createServer">;
  try {
    created = await run.client.createServer(
      { ...readFields(sentFields, inputs), name: inputs.name },
      deadline,
    );
  } catch (failure) {
    if (hadNoEffect(failure)) throw await explainRefusal(creation, failure);
    const salvaged = salvage(creation, failure);
    return salvaged === undefined ? reconcile(creation, failure) : confirm(creation, salvaged);
  }
  // A server has streams from the start: a response without any was sent too early.
  const { streams, ...others } = created;
  return confirm(creation, streams.length > 0 ? created : others);
}

/** The server of a response, unless its name differs: gateways may mix responses up, and APIs may rename. */
async function confirm(creation: Creation, found: Found): Promise<Found> {
  const { run, inputs } = creation;
  const { id, name = inputs.name } = found;
  const isOld = run.inventory.hasSeen(id);
  if (!isSameName(name, inputs.name)) {
    const cause = new Error(`the response is about ${describe(name, id)}`);
    return reconcile(creation, cause, isOld ? undefined : id);
  }
  if (isOld) throw new ExistingServerError(inputs.name, id);
  return found;
}

/** Whether an API may have made one name of the other: in another case or spacing, or cut short. */
function mayBeTidied(stored: string, asked: string): boolean {
  const fold = (name: string) => name.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
  return fold(stored) !== "" && fold(asked).startsWith(fold(stored));
}

/** What can be read of a success that is not as documented; the id of a new server is enough. */
function salvage({ run }: Creation, failure: unknown): Found | undefined {
  if (!(failure instanceof ResponseMismatchError)) return undefined;
  const { id, ...facts } = readFields(serverSummary.fields, Object(failure.body));
  return id === undefined || id === "" || run.inventory.hasSeen(id) ? undefined : { ...facts, id };
}

/**
 * Finds the server of a create whose response was lost: the only one of its name that was not there before
 * and is not another resource's. If there is none, it is the one that the response showed, provided that the
 * API may have tidied its name.
 *
 * @param shownId the server that the response showed, if it showed one
 */
async function reconcile(creation: Creation, cause: unknown, shownId?: string): Promise<Found> {
  const { run, owner, inputs, importHint } = creation;
  const { inventory, ownership } = run;
  const deadline = uninterrupted(creation.deadline);
  let candidates: Found[] = [];
  let shown: Found | undefined;
  let unread: string | undefined = "the operation timed out";
  for (const waitMs of run.reconcileDelaysMs) {
    if (!(await pauseWithin(run, waitMs, deadline))) break;
    try {
      const servers = await run.client.listServers(deadline);
      unread = undefined;
      const isNew = ({ id }: Found) => !inventory.hasSeen(id) && !ownership.hasOther(id, owner);
      candidates = servers.filter((server) => isSameName(server.name, inputs.name) && isNew(server));
      shown = servers.find(
        (server) => server.id === shownId && isNew(server) && mayBeTidied(server.name, inputs.name),
      );
    } catch (error) {
      // What made the response get lost may still go on: the next look may succeed.
      unread = textOf(error);
    }
    const [only, second] = candidates;
    if (only !== undefined && second === undefined) return only;
    if (second !== undefined) break;
  }
  if (candidates.length === 0 && shown !== undefined) return shown;
  inventory.noteUnclear(inputs.name, cause);
  throw new CreateUnclearError(inputs.name, {
    ids: [...new Set([...candidates.map(({ id }) => id), ...(shownId === undefined ? [] : [shownId])])],
    allowDuplicateName: inputs.allowDuplicateName === true,
    isReplacement: run.replaced.has(owner),
    importHint,
    unread,
    cause,
  });
}

/** Reads what the create's response left out. */
async function complete(creation: Creation, { id, ...created }: Found): Promise<Stored> {
  const { run, inputs } = creation;
  const { accountId } = run.client;
  const state = { ...toState(created, inputs, accountId), name: inputs.name };
  if (isComplete(state)) return { id, state };
  try {
    const facts = await readNew(creation, id);
    run.incomplete.delete(creation.owner);
    return { id, state: { ...toState(facts, inputs, accountId), name: inputs.name } };
  } catch (error) {
    if (creation.owner !== undefined) run.incomplete.set(creation.owner, { ...created, id });
    throw new CreateIncompleteError(id, state, inputs.name, error);
  }
}

/** Reads a new server, again if the API does not find it yet: reads may lag behind writes. */
async function readNew({ run, deadline }: Creation, id: string): Promise<ServerFacts> {
  const reading = uninterrupted(deadline);
  let failure: unknown = new PostjectError("timeout", "The operation timed out before it could be read.");
  for (const waitMs of run.reconcileDelaysMs) {
    if (!(await pauseWithin(run, waitMs, reading))) break;
    try {
      return await run.client.getServer(id, reading);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** A 403 on a create may be the plan's limit, so the error tells how many servers there are. */
async function explainRefusal({ run, inputs, deadline }: Creation, failure: unknown): Promise<unknown> {
  if (!(failure instanceof ApiError) || failure.code !== "forbidden") return failure;
  const limit = serverLimitOf(run.configuration);
  let used: number;
  try {
    used = (await run.client.listServers(deadline)).length;
  } catch {
    return failure;
  }
  const saysSo = /\b(plan limit|limit (is )?reached|server limit|quota|upgrade (your|the) plan)\b/i.test(
    failure.apiMessage ?? "",
  );
  return saysSo || (limit !== undefined && used >= limit)
    ? new PlanLimitError(inputs.name, { limit, used, cause: failure })
    : new ForbiddenCreateError(inputs.name, used, failure);
}
