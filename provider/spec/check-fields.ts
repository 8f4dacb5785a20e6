import type { Fields } from "./fields";

/** Stands for a value that is not known before the update; hosts translate their protocol's sentinel to it. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** Properties as a host hands them over: not yet checked. */
export type Properties = Readonly<Record<string, unknown>>;

/** Why inputs are refused. `property` is empty where naming it would make the engine print its value. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** What is wrong with a user's inputs of a resource or function; unknown values are never wrong. */
export function findProblems(fields: Fields, owner: string, inputs: Properties): CheckFailure[] {
  return Object.entries(inputs).flatMap(([key, value]): CheckFailure[] => {
    if (value === UNKNOWN) return [];
    const field = fields[key];
    // The value of a property that does not exist may be a secret, so it is not named as a property.
    if (field === undefined) {
      const known = Object.keys(fields).join(", ");
      return [{ property: "", reason: `unknown input \`${key}\` of ${owner}; expected one of: ${known}` }];
    }
    if (typeof value !== field.type) return [{ property: key, reason: `must be a ${field.type}` }];
    if (typeof value !== "string") return [];
    return (field.rules ?? [])
      .filter(({ pattern }) => !pattern.test(value))
      .slice(0, 1)
      .map(({ problem }) => ({ property: key, reason: problem }));
  });
}
