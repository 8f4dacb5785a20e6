import {
  type Client,
  type Configuration,
  type Deadline,
  getServer,
  getServers,
  isNotFound,
  PostjectError,
  ResponseMismatchError,
  startDeadline,
} from "../client";
import {
  type Fields,
  functions,
  type GetServerArgs,
  type GetServerResult,
  type GetServersArgs,
  type GetServersResult,
  type ServerInputs,
  type ServerState,
  serverResource,
  withoutOnlyDynamic,
} from "../spec";
import { proveAbsence } from "./absence";
import { createServer, LOOKS_AFTER_MS } from "./create";
import { type Change, findChanges } from "./diff";
import { DeletionProtectedError, describe } from "./errors";
import { createInventory } from "./inventory";
import { liveState, settingsOf } from "./live-state";
import { createForecast } from "./preview";
import {
  type CheckFailure,
  findProblems,
  isComplete,
  type Properties,
  readInputs,
  readState,
  UNKNOWN,
} from "./properties";

export interface LifecycleOptions {
  readonly client: Client;
  readonly configuration: Configuration;
  /** How a user of this host takes an existing server over: a command or a line of code. */
  readonly takeOver: (id: string, logicalName: string | undefined) => string;
  /** Pauses before each look for a server whose create was not answered, in milliseconds. */
  readonly looksAfterMs?: readonly number[];
  /** The Server's inputs that this host has; all unless given. */
  readonly inputFields?: Fields;
}

/** How long the operation may take (the resource's `customTimeouts`), and what ends it early. */
export interface Limits {
  readonly timeoutMs?: number | undefined;
  readonly cancelled?: AbortSignal | undefined;
}

export interface CheckRequest {
  /** Identifies the resource in its stack, where the host knows it. */
  readonly urn?: string;
  /** The inputs of the last update; none for a new resource, and for the replacement of one. */
  readonly oldInputs: Properties;
  readonly inputs: Properties;
  /** Whether a changed `account` leads to other servers; a host that has the input knows. */
  readonly movesAccount?: boolean;
  /** Inputs whose values are in no message. */
  readonly secrets?: ReadonlySet<string>;
  /** Makes the name of a new resource that has none. */
  readonly autoName?: () => string | CheckFailure;
}

/** A server as it is, ready to be stored. */
export interface Stored {
  readonly id: string;
  readonly state: ServerState;
}

/**
 * What each of Pulumi's operations does to a server. Properties come unchecked, with UNKNOWN for what is not known yet;
 * every rejection is a PostjectError whose message is fit for a user.
 */
export interface Lifecycle {
  check(request: CheckRequest): { inputs: Properties; failures: CheckFailure[] };
  diff(request: { id: string; state: Properties; inputs: Properties; movesAccount?: boolean }): {
    changes: Change[];
    isComplete: boolean;
  };
  /** What a create would store, as far as it is known, and what would keep it from succeeding. Creates nothing. */
  previewCreate(request: { inputs: Properties } & Limits): Promise<{ state: Properties; warnings: string[] }>;
  /** `logicalName` is the resource's name in the program, for messages. */
  create(request: { inputs: Properties; logicalName?: string } & Limits): Promise<Stored>;
  /** The server and the inputs it was made from, or undefined if it is gone for certain. */
  read(
    request: { id: string; state: Properties } & Limits,
  ): Promise<(Stored & { inputs: ServerInputs }) | undefined>;
  /** What an update would store, as far as it is known. */
  previewUpdate(request: { state: Properties; inputs: Properties }): Properties;
  update(request: { id: string; state: Properties; inputs: Properties } & Limits): Promise<Stored>;
  delete(request: { id: string; state: Properties } & Limits): Promise<void>;
  getServer(args: GetServerArgs, limits?: Limits): Promise<GetServerResult>;
  getServers(args: GetServersArgs, limits?: Limits): Promise<GetServersResult>;
}

/** The lifecycle of one run with one account. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const {
    client,
    configuration,
    takeOver,
    looksAfterMs = LOOKS_AFTER_MS,
    inputFields = serverResource.inputs,
  } = options;
  const inventory = createInventory(client);
  const forecast = createForecast(configuration, inventory);
  /** Old inputs of the resources that were checked in this run. */
  const checked = new Map<string, Properties>();
  const isProtected = (own: unknown) => (typeof own === "boolean" ? own : configuration.deletionProtection);
  const start = ({ timeoutMs, cancelled }: Limits = {}) => startDeadline(timeoutMs, cancelled);

  async function readLive(
    id: string,
    state: Partial<ServerState>,
    deadline: Deadline,
  ): Promise<ServerState | undefined> {
    try {
      return liveState(await client.getServer(id, deadline), state, client.accountId ?? state.accountId);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await proveAbsence(client, id, state, deadline);
      return undefined;
    }
  }

  return {
    check({ urn = "", oldInputs, inputs: given, movesAccount = false, secrets, autoName }) {
      const shown = (value: unknown) => (secrets?.has("name") ? "[secret]" : String(value));
      const inputs = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
      const failures = findProblems(inputFields, "Server", inputs);
      const name = inputs.name ?? oldInputs.name ?? autoName?.();
      if (typeof name === "object" && name !== null) failures.push(name as CheckFailure);
      else if (name === undefined) failures.push({ property: "name", reason: "must be given" });
      else inputs.name = name;
      const refuseReplacement = (
        of: Properties,
        change: { newName?: string; replacedBy?: "run" | "account" },
      ) => {
        if (!isProtected(of.deletionProtection)) return;
        const { message } = new DeletionProtectedError({ name: shown(of.name), ...change });
        failures.push({ property: "", reason: message });
      };
      const isRename =
        oldInputs.name !== undefined &&
        oldInputs.name !== UNKNOWN &&
        name !== UNKNOWN &&
        name !== oldInputs.name;
      if (failures.length === 0) {
        if (isRename) refuseReplacement(oldInputs, { newName: shown(name) });
        else if (movesAccount) refuseReplacement(oldInputs, { replacedBy: "account" });
      }
      // The engine checks a resource a second time, without its old inputs, when it is about to replace it.
      const replaced = Object.keys(oldInputs).length === 0 ? checked.get(urn) : undefined;
      if (replaced !== undefined) refuseReplacement(replaced, { replacedBy: "run" });
      if (urn !== "" && Object.keys(oldInputs).length > 0) checked.set(urn, oldInputs);
      return { inputs, failures };
    },

    diff({ id, state, inputs, movesAccount = true }) {
      inventory.claim(id);
      const stored = readState(state);
      const changes = findChanges(inputFields, stored, inputs).map((change) =>
        change.property === "account" ? { ...change, replaces: movesAccount } : change,
      );
      return { changes, isComplete: isComplete(stored) };
    },

    async previewCreate({ inputs: given, ...limits }) {
      const { adopt: _, ...inputs } = readInputs(given);
      return { state: inputs, warnings: await forecast.create(inputs.name, start(limits)) };
    },

    async create({ inputs: given, logicalName, ...limits }) {
      const { name, ...inputs } = readInputs(given);
      if (name === undefined) throw new Error("a checked Server has a name");
      const context = {
        client,
        configuration,
        inventory,
        looksAfterMs,
        takeOver: (id: string) => takeOver(id, logicalName),
      };
      return createServer(context, { ...inputs, name }, start(limits));
    },

    async read({ id, state, ...limits }) {
      const live = await readLive(id, readState(state), start(limits));
      return live && { id, state: live, inputs: { name: live.name, ...settingsOf(live) } };
    },

    previewUpdate: ({ state, inputs }) => withSettings(state, inputs),

    async update({ id, state: stored, inputs, ...limits }) {
      const state = withSettings(stored, inputs);
      if (isComplete(state)) return { id, state };
      const live = await readLive(id, state, start(limits));
      if (live === undefined)
        throw new PostjectError("not-found", `${describe(state.name, id)} is gone. ${GONE_ADVICE}`);
      return { id, state: { ...live, name: state.name ?? live.name } };
    },

    async delete({ id, state: given, ...limits }) {
      const state = readState(given);
      if (isProtected(state.deletionProtection)) throw new DeletionProtectedError({ name: state.name, id });
      // A forced replacement of a resource that still says `adopt` takes over the very server that it replaces: it lives on.
      if (inventory.isAdopted(id)) return;
      const deadline = start(limits);
      try {
        await client.deleteServer(id, deadline);
      } catch (error) {
        // An unreadable success is settled as a 404 is: by the list.
        if (!isNotFound(error) && !(error instanceof ResponseMismatchError)) throw error;
        await proveAbsence(client, id, state, deadline);
      }
      inventory.remove(id);
    },

    async getServer(args, limits) {
      refuseProblems(withoutOnlyDynamic(functions.getServer.inputs), "getServer", args);
      return getServer(client, args, start(limits));
    },

    async getServers(args, limits) {
      refuseProblems(withoutOnlyDynamic(functions.getServers.inputs), "getServers", args);
      return getServers(client, args, start(limits));
    },
  };
}

/** Arguments come from any language, so their types are not sure. */
function refuseProblems(fields: Fields, name: string, args: Properties): void {
  const [problem] = findProblems(fields, name, args);
  if (problem === undefined) return;
  throw new PostjectError("bad-request", [problem.property, problem.reason].filter(Boolean).join(" "));
}

/** A state with the settings that the inputs ask for: one that they no longer name is gone. */
function withSettings(stored: Properties, inputs: Properties): Partial<ServerState> {
  const { account: _, deletionProtection: __, allowDuplicateName: ___, ...state } = readState(stored);
  return { ...state, ...settingsOf(readInputs(inputs)) };
}

const GONE_ADVICE =
  "this run would only complete its state: run `pulumi refresh` to take it out of the state";
