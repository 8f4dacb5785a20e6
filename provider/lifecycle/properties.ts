import type { Fields, Properties, Values } from "../spec";

export { type CheckFailure, findProblems, type Properties, UNKNOWN } from "../spec";

/** The properties that a table of fields names, as far as they have its types. */
export function readFields<F extends Fields>(fields: F, properties: Properties): Partial<Values<F>> {
  const read = Object.entries(fields).filter(([key, { type }]) => {
    const value = properties[key];
    return type.endsWith("[]") ? Array.isArray(value) : typeof value === type;
  });
  return Object.fromEntries(read.map(([key]) => [key, properties[key]])) as Partial<Values<F>>;
}
