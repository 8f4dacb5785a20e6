import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import type { Account } from "./accounts";
import type { Clock } from "./clock";
import { parse } from "./parse";

/** Also what `POST /_reference/access-tokens` takes. */
export const accessTokenOptions = z.strictObject({
  /** Seconds from now; negative for a token that has expired. 30 days unless given. */
  expiresInSeconds: z.optional(z.int()),
  /** Sign with another secret, so that the API refuses the token. */
  wrongSignature: z.optional(z.boolean()),
  /** Leave `sub` out; such a token belongs to no account and is refused. */
  withoutSubject: z.optional(z.boolean()),
  /** Further claims; they win over `iat`, `exp` and `sub`. */
  claims: z.optional(z.record(z.string(), z.unknown())),
});

export type AccessTokenOptions = z.infer<typeof accessTokenOptions>;

export interface AccessTokens {
  mint(accountId: string, options?: AccessTokenOptions): Promise<string>;
  /** The account a Bearer header speaks for, or why there is none. */
  authenticate(authorization: string | undefined): Account | Refusal | Promise<Account | Refusal>;
}

interface Refusal {
  readonly refusal: string;
}

interface Verified {
  readonly digest: Buffer;
  readonly accountId: string;
  readonly expiresAtMs: number;
}

const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60;

/** More than a test run mints; past it the oldest are verified anew. */
const REMEMBERED_TOKENS = 1000;

/** Makes and verifies access tokens (JWT, HS256). A token that was verified once is known by its digest until it expires. */
export function createAccessTokens(
  secret: Uint8Array,
  findAccount: (id: string) => Account | undefined,
  clock: Clock,
): AccessTokens {
  const verified = new Map<string, Verified>();
  const accountOf = (id: string): Account | Refusal =>
    findAccount(id) ?? { refusal: "The access token belongs to no account" };

  async function verify(token: string, digest: Buffer): Promise<Account | Refusal> {
    const { errors, jwtVerify } = await import("jose");
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: ["HS256"],
        currentDate: new Date(clock.now()),
      });
      const { sub: accountId = "", exp = Number.POSITIVE_INFINITY } = payload;
      if (verified.size >= REMEMBERED_TOKENS) verified.delete(verified.keys().next().value ?? "");
      verified.set(keyOf(digest), { digest, accountId, expiresAtMs: exp * 1000 });
      return accountOf(accountId);
    } catch (error) {
      const isExpired = error instanceof errors.JWTExpired;
      return { refusal: isExpired ? "The access token has expired" : "Invalid access token" };
    }
  }

  return {
    async mint(accountId, options = {}) {
      const {
        expiresInSeconds = THIRTY_DAYS_SECONDS,
        wrongSignature,
        withoutSubject,
        claims,
      } = parse(accessTokenOptions, options, "the options");
      const { SignJWT } = await import("jose");
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT({
        iat: now,
        exp: now + expiresInSeconds,
        ...(!withoutSubject && { sub: accountId }),
        ...claims,
      })
        .setProtectedHeader({ alg: "HS256" })
        .sign(wrongSignature ? randomBytes(32) : secret);
    },

    authenticate(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) return { refusal: "Missing access token: send `Authorization: Bearer <JWT>`" };
      // Looking a token up by its own characters would take longer the more of them are right, and so give a valid one
      // away bit by bit. The digest of a guess says nothing about the digest of a token, and is compared in constant time.
      const digest = hash("sha256", token, "buffer");
      const known = verified.get(keyOf(digest));
      if (known !== undefined && timingSafeEqual(known.digest, digest) && known.expiresAtMs > clock.now())
        return accountOf(known.accountId);
      return verify(token, digest);
    },
  };
}

function keyOf(digest: Buffer): string {
  return digest.toString("base64", 0, 12);
}
