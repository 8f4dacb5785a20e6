export { startReference } from "./reference";
export { DataFileError, RefusedError } from "./responses";
export type * from "./types";
