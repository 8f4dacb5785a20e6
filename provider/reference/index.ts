export type { AccessTokenOptions, Account } from "./accounts";
export { type LoggedRequest, type Reference, type ReferenceOptions, startReference } from "./server";
export type { StoredServer } from "./store";
