export { type AutoNaming, autoName } from "./auto-name";
export type { Change } from "./diff";
export { CreateIncompleteError } from "./errors";
export * from "./lifecycle";
export { type CheckFailure, type Properties, UNKNOWN } from "./properties";
