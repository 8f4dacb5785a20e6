export type { AccessTokenOptions } from "./access-tokens";
export type { Account, AccountOptions } from "./accounts";
export { RefusedError } from "./answers";
export { DataFileError } from "./data-file-lock";
export type { ActiveFault, FaultOutcome, FaultRule, Faults } from "./faults";
export { type Reference, type ReferenceOptions, startReference } from "./reference";
export type { LoggedRequest, RequestFilter } from "./request-log";
export type { Seed, Snapshot } from "./snapshot";
export type { StoredServer } from "./store";
