import { randomBytes } from "node:crypto";
import type { Account, AccountOptions } from "./types";

/** The account that a reference starts with. Its id is fixed, so that an access token also works after a snapshot is restored. */
export const FIRST_ACCOUNT_ID = "acct_reference";

export function newAccount({ plan = "professional", serverLimit, id }: AccountOptions = {}): Account {
  return { id: id ?? `acct_${randomBytes(8).toString("hex")}`, plan, serverLimit };
}
