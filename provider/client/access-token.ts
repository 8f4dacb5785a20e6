/** What the provider reads from an access token. Both are undefined for a token that is no JWT, which is as good. */
export interface AccessTokenClaims {
  /** When the token ends, in milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** The account: the claim `sub`. */
  readonly accountId?: string;
}

/** Reads a JWT's claims without verifying it: that is the API's to do. */
export function readAccessToken(accessToken: string): AccessTokenClaims {
  const [, payload, signature] = accessToken.split(".");
  if (payload === undefined || signature === undefined) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    if (typeof claims !== "object" || claims === null) return {};
    return {
      ...("exp" in claims && typeof claims.exp === "number" && { expiresAt: claims.exp * 1000 }),
      ...("sub" in claims && typeof claims.sub === "string" && { accountId: claims.sub }),
    };
  } catch {
    return {};
  }
}
