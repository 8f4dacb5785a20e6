export type { AccessTokenOptions, Account } from "./accounts";
export type { FaultOutcome, FaultRule, Faults } from "./faults";
export { type LoggedRequest, type Reference, type ReferenceOptions, startReference } from "./server";
export type { StoredServer } from "./store";
