import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import { parse } from "./parse";
import type { AccessTokenOptions, Account, Clock } from "./types";

/** Also the body of `POST /_reference/access-tokens`. */
export const accessTokenOptions = z.strictObject({
  expiresInSeconds: z.optional(z.int()),
  wrongSignature: z.optional(z.boolean()),
  withoutSubject: z.optional(z.boolean()),
  claims: z.optional(z.record(z.string(), z.unknown())),
}) satisfies z.ZodMiniType<AccessTokenOptions>;

export interface AccessTokens {
  mint(accountId: string, options?: AccessTokenOptions): string;
  /** The account that a Bearer header authenticates, or why it authenticates none. */
  authenticate(authorization: string | undefined): Account | { readonly refusal: string };
}

const claims = z.object({
  sub: z.optional(z.string()),
  exp: z.optional(z.number()),
  nbf: z.optional(z.number()),
});

const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60;

/** Mints and verifies access tokens: JWTs signed with HS256 (RFC 7515, RFC 7519). */
export function createAccessTokens(
  secret: Uint8Array,
  findAccount: (id: string) => Account | undefined,
  clock: Clock,
): AccessTokens {
  return {
    mint(accountId, options = {}) {
      const {
        expiresInSeconds = THIRTY_DAYS_SECONDS,
        wrongSignature,
        withoutSubject,
        claims,
      } = parse(accessTokenOptions, options, "the options");
      const iat = Math.floor(clock.now() / 1000);
      const sub = withoutSubject ? undefined : accountId;
      const content = [{ alg: "HS256" }, { iat, exp: iat + expiresInSeconds, sub, ...claims }]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${content}.${sign(content, wrongSignature ? randomBytes(32) : secret)}`;
    },

    authenticate(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) return { refusal: "Missing access token: send `Authorization: Bearer <JWT>`" };
      const end = token.lastIndexOf(".");
      const content = token.slice(0, end);
      // The signature covers the header, and nothing but HS256 is ever signed: its `alg` needs no check of its own.
      if (!isSame(token.slice(end + 1), sign(content, secret))) return { refusal: "Invalid access token" };
      const payload = Buffer.from(content.split(".")[1] ?? "", "base64url").toString();
      const parsed = claims.safeParse(JSON.parse(payload));
      const nowSeconds = clock.now() / 1000;
      if (!parsed.success || (parsed.data.nbf ?? 0) > nowSeconds) return { refusal: "Invalid access token" };
      const { sub = "", exp = Number.POSITIVE_INFINITY } = parsed.data;
      if (exp <= nowSeconds) return { refusal: "The access token has expired" };
      return findAccount(sub) ?? { refusal: "The access token belongs to no account" };
    },
  };
}

function sign(content: string, secret: Uint8Array): string {
  return createHmac("sha256", secret).update(content).digest("base64url");
}

/** Compares in constant time, so that a guess cannot be improved character by character. */
function isSame(guess: string, signature: string): boolean {
  const [one, other] = [Buffer.from(guess), Buffer.from(signature)];
  return one.length === other.length && timingSafeEqual(one, other);
}
