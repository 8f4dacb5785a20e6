import { explainExpiry, readAccessToken } from "../client";
import { accessTokenRemedy } from "../spec";
import { type ConfigurationFailure, type ConfigurationSources, findCandidates, keyOf } from "./sources";

/** The first access token that has not expired: refresh and destroy are configured with the last run's. */
export function chooseAccessToken(sources: ConfigurationSources): string | ConfigurationFailure {
  const { account, now = Date.now() } = sources;
  const candidates = findCandidates("accessToken", sources).map(({ value, source }) => {
    const token = String(value).trim();
    return { token, source, ...readAccessToken(token) };
  });
  const [first] = candidates;
  if (first === undefined) {
    const reason = `${keyOf("accessToken", account?.name)} is missing. ${accessTokenRemedy(account?.name)}`;
    return { key: "accessToken", code: "access-token-missing", reason };
  }
  // A later choice stands in for an expired first one, but another account's would act on other servers.
  const usable = candidates.find(
    ({ token, expiresAt = Number.POSITIVE_INFINITY, accountId }) =>
      now < expiresAt &&
      (token === first.token || (first.accountId !== undefined && accountId === first.accountId)),
  );
  if (usable === undefined) {
    const expired = candidates.filter(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt <= now);
    const latest = expired.reduce((a, b) => ((a.expiresAt ?? 0) < (b.expiresAt ?? 0) ? b : a), first);
    const other = candidates.find(({ expiresAt = Number.POSITIVE_INFINITY }) => now < expiresAt);
    const unused =
      other === undefined
        ? ""
        : ` ${other.source} is not known to be for the same account, so it was not used.`;
    const reason = `${latest.source} ${explainExpiry(latest.expiresAt ?? 0)}${unused}`;
    return { key: "accessToken", code: "access-token-expired", reason };
  }
  const problem = findAccessTokenProblem(usable.token);
  if (problem === undefined) return usable.token;
  return { key: "accessToken", code: "configuration-invalid", reason: `${usable.source} ${problem}` };
}

/** What was pasted by mistake, if it shows. A token need not be a JWT: any other text is left to the API. */
function findAccessTokenProblem(token: string): string | undefined {
  if (/^bearer\b/i.test(token)) return "must be the token alone, without `Bearer`";
  if (/^["'`]|["'`]$/.test(token)) return "must be the token alone, without quotation marks";
  if (token.startsWith("pt_live_"))
    return "must be the account's access token; this is a server token, which can only send mail";
  if (!/^[\x21-\x7e]+$/.test(token)) return "must consist of printable ASCII characters, without spaces";
  if (isCutShort(token)) return "looks like a JWT that was cut short: copy all of it";
  return undefined;
}

/** A JWT begins with JSON (`eyJ`) and has three parts if signed, five if encrypted, the last never empty. */
function isCutShort(token: string): boolean {
  const parts = token.split(".");
  if (!token.startsWith("eyJ")) return false;
  return ![3, 5].includes(parts.length) || parts.at(-1) === "";
}
