import type { Field, Fields } from "../spec";

/** Stands for a value not known before the update; hosts translate their protocol's sentinel to it. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** Properties as a host hands them over: not yet checked. */
export type Properties = Readonly<Record<string, unknown>>;

/** Whether a value is an object with properties, which an array, a `Map` or a promise is not. */
export function isMap(value: unknown): value is Properties {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** Why inputs are refused. `property` is empty where naming it would make the engine print its value. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** What is wrong with a resource's inputs or a function's arguments; unknown values are never wrong. */
export function findProblems(fields: Fields, owner: string, inputs: Properties): CheckFailure[] {
  return Object.entries(inputs).flatMap(([key, value]): CheckFailure[] => {
    if (value === UNKNOWN) return [];
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) {
      const known = Object.keys(fields).join(", ");
      // The value of a property that does not exist may be a secret, so it is not named as a property.
      return [{ property: "", reason: `unknown input \`${key}\` of ${owner}; expected one of: ${known}` }];
    }
    const reason = findProblem(field, value);
    return reason === undefined ? [] : [{ property: key, reason }];
  });
}

/** What is wrong with a value, to be read after its property's name. Lists and maps are not checked here. */
export function findProblem(field: Field, value: unknown): string | undefined {
  const { type, oneOf, minimum = Number.MIN_SAFE_INTEGER, rules = [] } = field;
  if (type === "boolean") return typeof value === "boolean" ? undefined : "must be true or false";
  if (type === "integer") {
    const isInRange = typeof value === "number" && Number.isSafeInteger(value) && value >= minimum;
    if (isInRange) return undefined;
    return field.minimum === undefined
      ? "must be a whole number"
      : `must be a whole number of ${minimum} or more`;
  }
  if (type !== "string") return undefined;
  if (typeof value !== "string") return "must be a string";
  if (oneOf !== undefined && !oneOf.includes(value)) return `must be one of ${oneOf.join(", ")}`;
  return rules.find(({ pattern }) => !pattern.test(value))?.problem;
}
