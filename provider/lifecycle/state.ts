import type { Client } from "../client";
import {
  type Fields,
  isSameName,
  type ServerInputs,
  type ServerState,
  type StreamSummary,
  serverResource,
} from "../spec";
import { type Properties, readFields } from "./properties";

/** A server as any of the API's responses shows it, as far as a state needs it. */
export interface ServerFacts {
  readonly name: string;
  readonly token: string;
  readonly createdAt: string;
  readonly streams: readonly StreamSummary[];
}

/** The state of a server: what the API shows, with the inputs that only the state remembers. */
export function toState(
  facts: ServerFacts,
  inputs: ServerInputs,
  accountId: Client["accountId"],
): ServerState {
  const { name, token, createdAt, streams } = facts;
  return {
    // The spelling that was asked for: were the API to store another, a diff against that would replace the server.
    name: inputs.name !== undefined && isSameName(inputs.name, name) ? inputs.name : name,
    token,
    createdAt,
    streams: streams.map(({ id, name, type }) => ({ id, name, type })),
    ...(accountId !== undefined && { accountId }),
    ...settingsOf(inputs),
  };
}

/** The inputs that Postject knows nothing of: they live in the state alone. */
export function settingsOf(inputs: Properties): Omit<ServerInputs, "name" | "adopt"> {
  const fields: Fields = serverResource.inputs;
  const keys = Object.keys(fields).filter((key) => key !== "name" && !fields[key]?.onlyOnCreate);
  return Object.fromEntries(keys.filter((key) => inputs[key] !== undefined).map((key) => [key, inputs[key]]));
}

/** What a stored state says, as far as it has the right types; states of other versions may hold more or less. */
export function readState(state: Properties): Partial<ServerState> {
  return {
    ...readFields(serverResource.inputs, state),
    ...readFields(serverResource.outputs, state),
  } as Partial<ServerState>;
}

/** The inputs among properties. */
export function readInputs(properties: Properties): ServerInputs {
  return readFields(serverResource.inputs, properties) as ServerInputs;
}

/** A state with the settings that the inputs ask for, and the name as they spell it; a setting that they no longer name is gone. */
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
