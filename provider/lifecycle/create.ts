import {
  ApiError,
  type Client,
  type Configuration,
  type Deadline,
  hadNoEffect,
  ResponseMismatchError,
} from "../client";
import { type ServerInputs, type ServerState, serverLimitOf } from "../spec";
import type { ServerResponse } from "../spec/messages";
import {
  AdoptMismatchError,
  CreateIncompleteError,
  CreateUnclearError,
  NameTakenError,
  PlanLimitError,
} from "./errors";
import type { Inventory } from "./inventory";
import { liveState } from "./live-state";

/** What a create works with; one per run. */
export interface CreateContext {
  readonly client: Client;
  readonly configuration: Pick<Configuration, "plan" | "serverLimit">;
  readonly inventory: Inventory;
  /** See LOOKS_AFTER_MS. */
  readonly looksAfterMs: readonly number[];
  /** How a user of this host takes an existing server over: a command or a line of code. */
  readonly takeOver: (id: string) => string;
}

/**
 * Pauses before each look for a server whose create was not answered. Together they are the grace window in which a
 * list that lags behind may catch up.
 */
export const LOOKS_AFTER_MS: readonly number[] = [0, 500, 1000, 2000, 4000];

/** Checked inputs: a name is always there. */
type NamedInputs = ServerInputs & { name: string };

/** A server that was created or found, as much as is known of it. */
type Found = Pick<ServerResponse, "id"> & { [Key in keyof ServerResponse]?: ServerResponse[Key] | undefined };

/**
 * Creates a server: looks whether the name is free, sends one POST, and if its outcome is unclear finds out what became
 * of it. Rejects without a server, or with the ids of those that may be it, or with a CreateIncompleteError that holds
 * what is to be stored.
 */
export function createServer(
  context: CreateContext,
  inputs: NamedInputs,
  deadline: Deadline,
): Promise<{ id: string; state: ServerState }> {
  const { inventory } = context;
  return inventory.inTurn(inputs.name, async () => {
    if (inputs.adopt !== undefined) return adopt(context, inputs, inputs.adopt, deadline);
    await inventory.load(deadline);
    const taken = inventory.named(inputs.name);
    if (taken.length > 0 && inputs.allowDuplicateName !== true) {
      throw new NameTakenError(
        inputs.name,
        taken.map(({ id }) => ({ id, isOwned: inventory.isOwned(id) })),
        context.takeOver,
      );
    }
    const created = await post(context, inputs, deadline);
    inventory.add({ id: created.id, name: inputs.name });
    return complete(context, inputs, created, uninterrupted(deadline));
  });
}

async function adopt(
  { client, inventory }: CreateContext,
  inputs: NamedInputs,
  id: string,
  deadline: Deadline,
): Promise<{ id: string; state: ServerState }> {
  const server = await client.getServer(id, deadline);
  if (server.name !== inputs.name)
    throw new AdoptMismatchError(id, inputs.name, `its name is "${server.name}"`);
  if (inventory.isOwned(id))
    throw new AdoptMismatchError(id, inputs.name, "another resource of the program has it");
  inventory.adopt(server);
  return { id, state: liveState(server, inputs, client.accountId) };
}

async function post(context: CreateContext, inputs: NamedInputs, deadline: Deadline): Promise<Found> {
  try {
    return await context.client.createServer({ name: inputs.name }, deadline);
  } catch (failure) {
    if (hadNoEffect(failure)) throw await explainRefusal(context, inputs.name, failure, deadline);
    return (
      salvage(failure, context.inventory) ?? reconcile(context, inputs, failure, uninterrupted(deadline))
    );
  }
}

/** Once a server may exist, a cancelled run is no reason to stop finding out: the engine waits, and keeps the result. */
function uninterrupted(deadline: Deadline): Deadline {
  return { ...deadline, cancelled: undefined };
}

/** What can be read of a success answer that is not as documented: with an id, the server is known. */
function salvage(failure: unknown, inventory: Inventory): Found | undefined {
  if (
    !(failure instanceof ResponseMismatchError) ||
    typeof failure.body !== "object" ||
    failure.body === null
  )
    return;
  const { id, token } = failure.body as Partial<Record<string, unknown>>;
  if (typeof id !== "string" || id === "" || inventory.has(id)) return;
  return { id, ...(typeof token === "string" && { token }) };
}

/**
 * Finds the server of a create whose answer was lost: the only one of its name that was not there before and is not
 * another resource's of this run.
 */
async function reconcile(
  context: CreateContext,
  inputs: NamedInputs,
  cause: unknown,
  deadline: Deadline,
): Promise<Found> {
  const { name, allowDuplicateName = false } = inputs;
  let candidates: string[] = [];
  for (const waitMs of context.looksAfterMs) {
    if (waitMs >= deadline.remainingMs()) break;
    await new Promise((done) => setTimeout(done, waitMs));
    try {
      const servers = await context.client.listServers(deadline);
      const fresh = servers.filter(
        ({ id, name: listed }) =>
          listed === name && !context.inventory.has(id) && !context.inventory.isOwned(id),
      );
      const [only, second] = fresh;
      if (only !== undefined && second === undefined)
        return { id: only.id, token: only.token, createdAt: only.createdAt };
      candidates = fresh.map(({ id }) => id);
      if (candidates.length > 1) break;
    } catch {
      // What made the answer get lost may still go on: the next look may succeed.
    }
  }
  throw new CreateUnclearError({
    name,
    ids: candidates,
    allowDuplicateName,
    takeOver: context.takeOver,
    cause,
  });
}

/** Reads what the create's answer left out, so that the first refresh finds nothing new. */
async function complete(
  { client }: CreateContext,
  inputs: NamedInputs,
  created: Found,
  deadline: Deadline,
): Promise<{ id: string; state: ServerState }> {
  const { id } = created;
  try {
    const server = isLive(created) ? created : await client.getServer(id, deadline);
    // The name as it was asked for: were the API to store another, a diff against that would replace the server for ever.
    return { id, state: { ...liveState(server, inputs, client.accountId), name: inputs.name } };
  } catch (error) {
    const { adopt: _, ...kept } = inputs;
    const { token, createdAt } = created;
    const state = {
      ...kept,
      ...(token !== undefined && { token }),
      ...(createdAt !== undefined && { createdAt }),
      ...(client.accountId !== undefined && { accountId: client.accountId }),
    };
    throw new CreateIncompleteError(id, state, inputs.name, error);
  }
}

function isLive(server: Found): server is ServerResponse {
  return (
    server.name !== undefined &&
    server.token !== undefined &&
    server.createdAt !== undefined &&
    server.streams !== undefined &&
    // A server has streams from the start: an answer without any came too early.
    server.streams.length > 0 &&
    server.streams.every((stream) => "slug" in stream)
  );
}

/** A 403 on a create may be the plan's limit; its message then tells how full the account is. */
async function explainRefusal(
  { client, configuration }: CreateContext,
  name: string,
  failure: unknown,
  deadline: Deadline,
): Promise<unknown> {
  if (!(failure instanceof ApiError) || failure.code !== "forbidden") return failure;
  try {
    const used = (await client.listServers(deadline)).length;
    const limit = serverLimitOf(configuration.plan ?? "scale", configuration.serverLimit);
    const isLimit =
      /\b(plan limit|limit (is )?reached|server limit|quota|upgrade)\b/i.test(failure.apiMessage ?? "") ||
      (limit !== undefined && used >= limit);
    return isLimit
      ? new PlanLimitError(name, { limit, used, apiMessage: failure.apiMessage, cause: failure })
      : failure;
  } catch {
    return failure;
  }
}
