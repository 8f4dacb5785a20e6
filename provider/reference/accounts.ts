import { randomBytes } from "node:crypto";
import { type Plan, serverLimitOf } from "../spec";

export interface Account {
  /** The `sub` of its access tokens. */
  readonly id: string;
  readonly plan: Plan;
  /** Agreed number of servers; only a Scale account has one. */
  readonly serverLimit?: number;
}

export interface AccessTokenOptions {
  /** Seconds from now; negative for a token that has expired. An hour unless given. */
  readonly expiresInSeconds?: number;
  /** Sign with another secret, so that the API refuses the token. */
  readonly wrongSignature?: boolean;
  /** Leave `sub` out; such a token belongs to no account and is refused. */
  readonly withoutSubject?: boolean;
}

export interface Accounts {
  add(options?: { plan?: Plan; serverLimit?: number }): Account;
  mintAccessToken(account: Account, options?: AccessTokenOptions): Promise<string>;
  /** The account a Bearer header speaks for, or why there is none. */
  authenticate(authorization: string | undefined): Promise<Account | { refusal: string }>;
}

/** Accounts of one reference API and the secret that signs their access tokens (HS256). */
export function createAccounts(): Accounts {
  const secret = randomBytes(32);
  const accounts = new Map<string, Account>();
  return {
    add({ plan = "professional", serverLimit } = {}) {
      const account: Account = {
        id: `acct_${randomBytes(8).toString("hex")}`,
        plan,
        ...(serverLimit !== undefined && { serverLimit }),
      };
      accounts.set(account.id, account);
      return account;
    },

    async mintAccessToken(
      account,
      { expiresInSeconds = 3600, wrongSignature = false, withoutSubject = false } = {},
    ) {
      const { SignJWT } = await import("jose");
      const now = Math.floor(Date.now() / 1000);
      const jwt = new SignJWT().setProtectedHeader({ alg: "HS256" }).setIssuedAt(now);
      if (!withoutSubject) jwt.setSubject(account.id);
      return jwt.setExpirationTime(now + expiresInSeconds).sign(wrongSignature ? randomBytes(32) : secret);
    },

    async authenticate(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) return { refusal: "Missing access token: send `Authorization: Bearer <JWT>`" };
      const { errors, jwtVerify } = await import("jose");
      try {
        const { payload } = await jwtVerify(token, secret, { algorithms: ["HS256"] });
        return accounts.get(payload.sub ?? "") ?? { refusal: "The access token belongs to no account" };
      } catch (error) {
        return {
          refusal:
            error instanceof errors.JWTExpired ? "The access token has expired" : "Invalid access token",
        };
      }
    },
  };
}

/** How many servers an account may have; one that agreed on no number has no limit. */
export function limitOf(account: Account): number {
  return serverLimitOf(account.plan, account.serverLimit) ?? Number.POSITIVE_INFINITY;
}
