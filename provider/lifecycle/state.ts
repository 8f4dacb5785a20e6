import type { Client } from "../client";
import type { Properties } from "../settings";
import {
  type Fields,
  isSameName,
  type ServerInputs,
  type ServerOutputs,
  type ServerState,
  serverResource,
  type Values,
} from "../spec";

/** A server as the API shows it. */
export type ServerFacts = Omit<ServerOutputs, "accountId" | "deletionProtection">;

/** The state of a server: what the API shows of it, with the inputs that only the state remembers. */
export function toState(
  facts: ServerFacts,
  inputs: ServerInputs,
  accountId: Client["accountId"],
): ServerState;
export function toState(
  facts: Properties,
  inputs: ServerInputs,
  accountId: Client["accountId"],
): Partial<ServerState>;
export function toState(facts: Properties, inputs: ServerInputs, accountId: Client["accountId"]) {
  const shown = readFields(serverResource.outputs, facts);
  const isOurName =
    shown.name !== undefined && inputs.name !== undefined && isSameName(inputs.name, shown.name);
  return {
    ...settingsOf(inputs),
    ...shown,
    // The spelling asked for: were the API to store another, a diff against that would replace the server.
    ...(isOurName && { name: inputs.name }),
    ...(accountId !== undefined && { accountId }),
  };
}

/** The inputs that live in the state even if no response shows them. */
function settingsOf(inputs: Properties): Omit<ServerInputs, "name" | "adopt"> {
  const fields: Fields = serverResource.inputs;
  const keys = Object.keys(fields).filter((key) => key !== "name" && !fields[key]?.onlyOnCreate);
  return Object.fromEntries(keys.filter((key) => inputs[key] !== undefined).map((key) => [key, inputs[key]]));
}

/** What a stored state says, where its types are right; other versions' states may hold more or less. */
export function readState(state: Properties): Partial<ServerState> {
  const outputs = readFields(serverResource.outputs, state);
  return { ...readFields(serverResource.inputs, state), ...outputs } as Partial<ServerState>;
}

/** The inputs among properties. */
export function readInputs(properties: Properties): ServerInputs {
  return readFields(serverResource.inputs, properties);
}

/** A state with the inputs' settings and spelling of the name; a setting that they no longer name is gone. */
export function withSettings(stored: Properties, inputs: Properties): Partial<ServerState> {
  const state = readState(stored);
  const old = settingsOf(state);
  const kept = Object.entries(state).filter(([key]) => !(key in old));
  const { name, ...settings } = readInputs(inputs);
  const isRespelled = name !== undefined && state.name !== undefined && isSameName(name, state.name);
  return { ...Object.fromEntries(kept), ...(isRespelled && { name }), ...settingsOf(settings) };
}

/** Whether every output that a server always has is there. */
export function isComplete(state: Partial<ServerState>): state is ServerState {
  const fields: Fields = serverResource.outputs;
  return Object.entries(fields).every(
    ([key, field]) => field.optional || state[key as keyof ServerState] !== undefined,
  );
}

/** The properties that a table of fields names and that have its types; the same for objects in lists. */
export function readFields<F extends Fields>(fields: F, properties: Properties): Partial<Values<F>> {
  const read = Object.entries(fields).map(([key, { type }]) => {
    const value = properties[key];
    if (typeof type === "string") return [key, typeof value === TYPEOF[type] ? value : undefined];
    if (!("listOf" in type) || !Array.isArray(value)) return [key, undefined];
    return [key, value.map((item) => readFields(type.listOf.fields, Object(item)))];
  });
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

const TYPEOF = { string: "string", boolean: "boolean", integer: "number" } as const;
