import type { Fields, ServerInputName, ServerState } from "../spec";
import type { Properties } from "./properties";

export interface Change {
  readonly property: ServerInputName;
  /** The change cannot be made to the server as it is: it is replaced. */
  readonly replaces: boolean;
}

/** What differs between a server's state and the inputs wanted; an unknown input counts as different. */
export function findChanges(fields: Fields, state: Partial<ServerState>, inputs: Properties): Change[] {
  return Object.entries(fields).flatMap(([key, { onlyOnCreate, replaces }]) => {
    const property = key as ServerInputName;
    if (onlyOnCreate || state[property] === inputs[property]) return [];
    return [{ property, replaces: replaces === true }];
  });
}
