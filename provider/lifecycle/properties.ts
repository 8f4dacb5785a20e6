import {
  accountName,
  type Fields,
  nameRules,
  type ServerInputs,
  type ServerState,
  serverResource,
  type Values,
} from "../spec";

/** Stands for a value that is not known before the update; hosts translate their protocol's sentinel to it. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** Properties as a host hands them over: not yet checked. */
export type Properties = Readonly<Record<string, unknown>>;

/** Why inputs are refused. `property` is empty where naming it would make the engine print its value. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** What strings have to look like, by the input that they are given to. */
const rules: Readonly<Record<string, readonly { pattern: RegExp; problem: string }[]>> = {
  name: nameRules,
  account: [accountName],
};

/** What is wrong with a user's inputs of a resource or function; unknown values are never wrong. */
export function findProblems(fields: Fields, owner: string, inputs: Properties): CheckFailure[] {
  return Object.entries(inputs).flatMap(([key, value]): CheckFailure[] => {
    if (value === UNKNOWN) return [];
    const field = fields[key];
    // The value of a property that does not exist may be a secret, so it is not named as a property.
    if (field === undefined) {
      const known = Object.keys(fields).join(", ");
      return [{ property: "", reason: `there is no input \`${key}\`; ${owner} has ${known}` }];
    }
    if (typeof value !== field.type) return [{ property: key, reason: `must be a ${field.type}` }];
    if (typeof value !== "string") return [];
    return (rules[key] ?? [])
      .filter(({ pattern }) => !pattern.test(value))
      .slice(0, 1)
      .map(({ problem }) => ({ property: key, reason: problem }));
  });
}

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
