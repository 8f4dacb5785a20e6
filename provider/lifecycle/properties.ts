import {
  type Fields,
  type Properties,
  type ServerInputs,
  type ServerState,
  serverResource,
  type Values,
} from "../spec";

export { type CheckFailure, findProblems, type Properties, UNKNOWN } from "../spec";

/** What a stored state says, as far as it has the right types; states of other versions may hold more or less. */
export function readState(state: Properties): Partial<ServerState> {
  return {
    ...readFields(serverResource.inputs, state),
    ...readFields(serverResource.outputs, state),
  } as Partial<ServerState>;
}

/** The inputs among stored properties. */
export function readInputs(properties: Properties): ServerInputs {
  return readFields(serverResource.inputs, properties) as ServerInputs;
}

/** Whether every output that a server always has is there, its streams whole. */
export function isComplete(state: Partial<ServerState>): state is ServerState {
  const fields: Fields = serverResource.outputs;
  return Object.entries(fields).every(
    ([key, field]) => field.optional || state[key as keyof ServerState] !== undefined,
  );
}

function readFields<F extends Fields>(fields: F, properties: Properties): Partial<Values<F>> {
  const read = Object.entries(fields).filter(([key, { type }]) => {
    const value = properties[key];
    return type.endsWith("[]") ? Array.isArray(value) : typeof value === type;
  });
  return Object.fromEntries(read.map(([key]) => [key, properties[key]])) as Partial<Values<F>>;
}
