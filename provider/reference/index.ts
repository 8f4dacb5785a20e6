export { DataFileError } from "./data-file-lock";
export { startReference } from "./reference";
export { RefusedError } from "./responses";
export type * from "./types";
