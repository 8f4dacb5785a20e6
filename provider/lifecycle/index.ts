export { type AutoNaming, autoName } from "./auto-name";
export type { Change } from "./diff";
export { CreateIncompleteError } from "./errors";
export * from "./lifecycle";
export { type CheckFailure, findProblems, type Properties, UNKNOWN } from "./properties";
