export * from "./check-fields";
export * from "./configuration";
export { sourcesOf } from "./sources";
export { warnOfUnknownKeys } from "./unknown-keys";
