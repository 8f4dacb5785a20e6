import { errorCodes } from "../spec";

/** The claims that the provider uses. Both are undefined if the token is not a JWT, which is accepted too. */
export interface AccessTokenClaims {
  /** When the token expires, in milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** The account: the claim `sub`. */
  readonly accountId?: string;
}

/** The largest time that a JavaScript date can hold, in milliseconds. */
const LATEST_DATE_MS = 8.64e15;

/** Reads a JWT's claims without verifying it: that is up to the API. */
export function readAccessToken(accessToken: string): AccessTokenClaims {
  const [, payload, signature] = accessToken.split(".");
  if (payload === undefined || signature === undefined) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    if (typeof claims !== "object" || claims === null) return {};
    const expiresAt = "exp" in claims && typeof claims.exp === "number" ? claims.exp * 1000 : Number.NaN;
    return {
      // An `exp` that is not a date, such as 1e300, is left to the API to judge.
      ...(Math.abs(expiresAt) <= LATEST_DATE_MS && { expiresAt }),
      ...("sub" in claims && typeof claims.sub === "string" && { accountId: claims.sub }),
    };
  } catch {
    return {};
  }
}

/** Says when a token expired and what to do; the caller adds the subject of the sentence. */
export function explainExpiry(expiresAt: number): string {
  return `has expired: its \`exp\` is ${new Date(expiresAt).toISOString()}. ${errorCodes["access-token-expired"].remedy}`;
}
