import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import { accessTokenOptions, parse } from "./shapes";
import type { AccessTokenOptions, Account, Clock } from "./types";

const claims = z.object({
  sub: z.optional(z.string()),
  exp: z.optional(z.number()),
  nbf: z.optional(z.number()),
});

type Claims = z.infer<typeof claims>;

/** Verifying a token takes half as long as the rest of a GET, so valid ones are remembered. */
const REMEMBERED_TOKENS = 1000;

const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60;

export type AccessTokens = ReturnType<typeof createAccessTokens>;

/** Mints and verifies access tokens: JWTs signed with HS256 (RFC 7515, RFC 7519). */
export function createAccessTokens(
  secret: Uint8Array,
  findAccount: (id: string) => Account | undefined,
  clock: Clock,
) {
  const verified = new Map<string, Claims>();

  /** The claims of a token that was signed with the secret. */
  function verify(token: string): Claims | undefined {
    const end = token.lastIndexOf(".");
    const content = token.slice(0, end);
    // The signature covers the header, and nothing but HS256 is ever signed: its `alg` needs no check.
    if (!isSame(token.slice(end + 1), sign(content, secret))) return undefined;
    const payload = Buffer.from(content.split(".")[1] ?? "", "base64url").toString();
    const { data } = claims.safeParse(JSON.parse(payload));
    if (verified.size >= REMEMBERED_TOKENS) verified.clear();
    if (data !== undefined) verified.set(token, data);
    return data;
  }

  return {
    mint(accountId: string, options: AccessTokenOptions = {}): string {
      const {
        expiresInSeconds = THIRTY_DAYS_SECONDS,
        wrongSignature,
        withoutSubject,
        claims: additional,
      } = parse(accessTokenOptions, options, "the options");
      const iat = Math.floor(clock.now() / 1000);
      const sub = withoutSubject ? undefined : accountId;
      const content = [{ alg: "HS256" }, { iat, exp: iat + expiresInSeconds, sub, ...additional }]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${content}.${sign(content, wrongSignature ? randomBytes(32) : secret)}`;
    },

    /** The account that an `Authorization` header authenticates, or why it authenticates none. */
    authenticate(authorization: string | undefined): Account | { readonly refusal: string } {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) return { refusal: "Missing access token: send `Authorization: Bearer <JWT>`" };
      const claims = verified.get(token) ?? verify(token);
      const nowSeconds = clock.now() / 1000;
      if (claims === undefined || (claims.nbf ?? 0) > nowSeconds) return { refusal: "Invalid access token" };
      if (claims.exp !== undefined && claims.exp <= nowSeconds)
        return { refusal: "The access token has expired" };
      return findAccount(claims.sub ?? "") ?? { refusal: "The access token belongs to no account" };
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
