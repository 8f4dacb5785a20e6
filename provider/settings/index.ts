export * from "./check-fields";
export * from "./configuration";
export { sourcesOf } from "./sources";
export { describeUnknownKeys } from "./unknown-keys";
