import type { Route } from "../spec";
import { AnswerMismatchError, ApiError, NetworkError, PostjectError, TimeoutError } from "./errors";

/** Pauses double from `firstMs` up to `longestMs`; each is drawn between nothing and that ("full jitter"). */
export const backOff = { firstMs: 250, longestMs: 8000 } as const;

/** Statuses after which a repeatable request is sent again: the API, or what stands before it, failed for the moment. */
const passingStatuses: readonly number[] = [500, 502, 503, 504];

/** What a failed try leaves open: whether to try again, and how long to wait at least. */
export interface Verdict {
  readonly again: boolean;
  /** The API's own wish, from `Retry-After`. */
  readonly waitMs?: number;
}

/**
 * Whether a request that failed may be sent again. One that did nothing for certain may always be (no connection was
 * made; 429); any other only if sending it twice does no harm, which is never so for a create.
 */
export function judge(route: Route, failure: unknown): Verdict {
  if (failure instanceof ApiError && failure.status === 429) return wish(failure);
  if (failure instanceof NetworkError && !failure.mayHaveArrived) return { again: failure.mayPass };
  if (!route.mayBeSentTwice) return { again: false };
  if (failure instanceof ApiError && passingStatuses.includes(failure.status)) return wish(failure);
  return { again: failure instanceof NetworkError || failure instanceof TimeoutError };
}

/**
 * Whether a failed create has left no server for certain: the API itself refused it (4xx), or it never got there. After
 * anything else the server may exist.
 */
export function didNothing(failure: unknown): boolean {
  if (failure instanceof ApiError) {
    const isRefusal = failure.status >= 400 && failure.status < 500 && failure.code !== "unexpected-answer";
    return failure.status !== 408 && (isRefusal || failure.status === 429);
  }
  if (failure instanceof NetworkError || failure instanceof TimeoutError) return !failure.mayHaveArrived;
  if (failure instanceof AnswerMismatchError) return false;
  return failure instanceof PostjectError;
}

/** The pause before try number `attempt + 1`; `random` draws from 0 to 1. */
export function pauseMs(attempt: number, random: () => number): number {
  return random() * Math.min(backOff.longestMs, backOff.firstMs * 2 ** (attempt - 1));
}

/** Reads `Retry-After`, seconds or an HTTP date, as milliseconds from `now`; anything else is as if it were not there. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function wish(failure: ApiError): Verdict {
  return { again: true, ...(failure.retryAfterMs !== undefined && { waitMs: failure.retryAfterMs }) };
}
