import { type Client, type Deadline, pause, type Sleep, sleepMs } from "../client";
import type { Configuration, Properties } from "../settings";
import { type Fields, type ServerState, serverResource } from "../spec";
import { createInventory, type Inventory } from "./inventory";
import { createOwnership, type Owner, type Ownership } from "./ownership";
import type { ServerFacts } from "./state";

/** What one run of the engine knows of one account: handed to each operation, forgotten when the run ends. */
export interface Run {
  readonly client: Client;
  readonly configuration: Configuration;
  /** The Server's inputs that this host has. */
  readonly inputFields: Fields;
  /** See {@link RECONCILE_DELAYS_MS}. */
  readonly reconcileDelaysMs: readonly number[];
  readonly sleep: Sleep;
  readonly inventory: Inventory;
  readonly ownership: Ownership;
  /** The resources of the program, as far as they have been checked. */
  readonly declared: Set<Owner>;
  /** The resources that were checked with old inputs, and whether their account protects those by default. */
  readonly checked: Map<Owner, { readonly inputs: Properties; readonly isProtected: boolean | undefined }>;
  /** The servers of the program's resources, as the state has them. */
  readonly ids: Map<Owner, string>;
  /** The resources that the run replaces. */
  readonly replaced: Set<Owner>;
  /** Servers that were created and could not be read completely: a repeated create goes on with them. */
  readonly incomplete: Map<Owner, Found>;
  /** How many servers this preview has said it will create, to compare with the plan's limit. */
  plannedCreates: number;
  /** The accounts of servers that the access token is not of, as far as the user has been warned of them. */
  readonly foreignAccounts: Set<string>;
}

export interface RunOptions {
  readonly client: Client;
  readonly configuration: Configuration;
  /** A run for the same account, configured otherwise: both share what they know of servers and resources. */
  readonly sibling?: Run | undefined;
  readonly inputFields?: Fields;
  readonly reconcileDelaysMs?: readonly number[];
  readonly sleep?: Sleep;
}

/**
 * Pauses before each look for a server whose create returned nothing readable, or that cannot be read yet.
 * Together they are the time in which an API that lags behind may catch up.
 */
const RECONCILE_DELAYS_MS: readonly number[] = [0, 500, 1000, 2000, 4000];

export function startRun({
  client,
  configuration,
  sibling,
  inputFields = serverResource.inputs,
  reconcileDelaysMs = RECONCILE_DELAYS_MS,
  sleep = sleepMs,
}: RunOptions): Run {
  return { ...(sibling ?? knowNothing()), client, configuration, inputFields, reconcileDelaysMs, sleep };
}

function knowNothing() {
  return {
    inventory: createInventory(),
    ownership: createOwnership(),
    declared: new Set<Owner>(),
    checked: new Map(),
    ids: new Map<Owner, string>(),
    replaced: new Set<Owner>(),
    incomplete: new Map<Owner, Found>(),
    plannedCreates: 0,
    foreignAccounts: new Set<string>(),
  };
}

/** A server that was created or found, as much as is known of it. */
export type Found = { readonly id: string } & {
  readonly [Key in keyof ServerFacts]?: ServerFacts[Key] | undefined;
};

/** A server ready to be stored. */
export interface Stored {
  readonly id: string;
  readonly state: ServerState;
}

/** What the user should know although nothing failed; hosts show it at the resource. */
export interface Notice {
  readonly severity: "info" | "warning";
  readonly message: string;
  /** Shown only while the resource is worked on. */
  readonly isEphemeral?: boolean;
}

/** Waits for some time. Returns false if the deadline comes first or the operation is cancelled. */
export async function pauseWithin({ sleep }: Run, ms: number, deadline: Deadline): Promise<boolean> {
  if (ms >= deadline.remainingMs()) return false;
  await pause(sleep, ms, deadline, "for the API to catch up");
  return !deadline.cancelled?.aborted;
}

/** Whether a run may not delete a server: its own setting counts, then the provider's. */
export function isProtected(
  { configuration }: Run,
  { deletionProtection }: Properties,
  byDefault = configuration.deletionProtection,
): boolean {
  return typeof deletionProtection === "boolean" ? deletionProtection : byDefault;
}
