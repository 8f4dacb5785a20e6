import type { Route } from "../spec";
import { ApiError, NetworkError, PostjectError, ResponseMismatchError, TimeoutError } from "./errors";

/** The range that a pause is drawn from doubles with each attempt, from `firstMs` up to `longestMs`. */
export interface BackOff {
  /** No pause is shorter, however often it is drawn. */
  readonly floorMs: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

/** For failures that count against `maxRetries`: a moment later, most of them are over. */
export const failureBackOff: BackOff = { floorMs: 0, firstMs: 250, longestMs: 8000 };

/**
 * For 429. With the longest range, 64 parallel requests come to about four a second, which is slow enough
 * even for an API that counts the requests it rejects. The floor keeps the client from hammering one that
 * does not say how long to wait.
 */
export const rateLimitBackOff: BackOff = { floorMs: 200, firstMs: 1000, longestMs: 30_000 };

/**
 * Statuses that pass by themselves. 408 and 425 are a gateway's rather than the API's; from 520 on they are a
 * CDN's (Cloudflare): the API behind it cannot be reached.
 */
const transientStatuses: readonly number[] = [
  408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 530,
];

/** Whether to retry, and the minimum wait. */
export interface RetryDecision {
  /** `counted`: up to `maxRetries` times. `unlimited`: for as long as the operation may take. */
  readonly retry: "never" | "counted" | "unlimited";
  /** What the API asks for in `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Whether a failed request is sent again. A request that certainly had no effect is safe to retry (no
 * connection was made; 429); any other only if it is idempotent, which a create never is. A 429 is not a
 * failure but a queue: it is waited out.
 */
export function decideRetry(route: Route, failure: unknown): RetryDecision {
  if (failure instanceof ApiError && failure.status === 429)
    return { retry: "unlimited", retryAfterMs: failure.retryAfterMs };
  if (failure instanceof NetworkError && !failure.mayHaveArrived)
    return { retry: failure.isTransient ? "counted" : "never" };
  if (!route.isIdempotent) return { retry: "never" };
  if (failure instanceof ApiError && transientStatuses.includes(failure.status))
    return { retry: "counted", retryAfterMs: failure.retryAfterMs };
  return { retry: failure instanceof NetworkError || failure instanceof TimeoutError ? "counted" : "never" };
}

/**
 * Whether a failed create certainly left no server: the API refused it (4xx), or the request never got there.
 * After anything else the server may exist.
 */
export function hadNoEffect(failure: unknown): boolean {
  if (failure instanceof ApiError)
    return failure.status === 429 || (failure.isRefusal && failure.status !== 408);
  if (failure instanceof NetworkError || failure instanceof TimeoutError) return !failure.mayHaveArrived;
  if (failure instanceof ResponseMismatchError) return false;
  return failure instanceof PostjectError;
}

/**
 * The pause before the next attempt: what the API asks for, and on top of it a random part ("full jitter"),
 * so that parallel requests and clients spread out. `attempt` counts the failures of this kind, from 1;
 * `random` draws from 0 to 1. Undefined if what the API asks for takes longer than the operation has left.
 * The random part never uses up more than half of that.
 */
export function pauseMs(
  { floorMs, firstMs, longestMs }: BackOff,
  attempt: number,
  limits: { readonly retryAfterMs?: number | undefined; readonly remainingMs: number },
  random: () => number,
): number | undefined {
  const minimumMs = Math.max(floorMs, limits.retryAfterMs ?? 0);
  const leftMs = limits.remainingMs - minimumMs;
  if (leftMs <= 0) return undefined;
  return minimumMs + random() * Math.min(longestMs, firstMs * 2 ** (attempt - 1), leftMs / 2);
}

/** Reads `Retry-After`, seconds or an HTTP date, as milliseconds from `now`; all else counts as absent. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = parseHttpDate(value);
  return date === undefined ? undefined : Math.max(0, date - now);
}

/** Reads an HTTP date, such as that of the `Date` header, as milliseconds since the epoch. */
export function parseHttpDate(value: string | undefined): number | undefined {
  const date = /^[A-Z][a-z]{2}, /.test(value ?? "") ? Date.parse(value ?? "") : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}
