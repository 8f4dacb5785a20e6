import { randomBytes } from "node:crypto";
import { type Plan, serverLimitOf } from "../spec";

export interface Account {
  /** The `sub` of its access tokens. */
  readonly id: string;
  readonly plan: Plan;
  /** Agreed number of servers; only a Scale account has one. */
  readonly serverLimit?: number;
}

export interface AccountOptions {
  /** `professional`, which has no limit, unless given. */
  readonly plan?: Plan | undefined;
  /** Agreed number of servers, for the plan `scale`. */
  readonly serverLimit?: number | undefined;
  /** `acct_` and chance unless given. */
  readonly id?: string | undefined;
}

/** The account that a reference starts with. Always the same, so that a restored snapshot is reached with the token at hand. */
export const FIRST_ACCOUNT_ID = "acct_reference";

export function newAccount({ plan = "professional", serverLimit, id }: AccountOptions = {}): Account {
  return {
    id: id ?? `acct_${randomBytes(8).toString("hex")}`,
    plan,
    ...(serverLimit !== undefined && { serverLimit }),
  };
}

/** How many servers an account may have; one that agreed on no number has no limit. */
export function limitOf(account: Account): number {
  return serverLimitOf(account.plan, account.serverLimit) ?? Number.POSITIVE_INFINITY;
}
