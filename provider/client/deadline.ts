import { setTimeout } from "node:timers/promises";

/** How long one operation may take: all its requests, retries and pauses together. */
export interface Deadline {
  /** Aborts when the run is cancelled: ends pauses and idempotent requests, never a create in flight. */
  readonly cancelled: AbortSignal | undefined;
  /** There is no signal for the end: a signal for each operation costs as much CPU as a request. */
  remainingMs(): number;
}

/** For a resource without `customTimeouts` for the operation. */
const DEFAULT_OPERATION_MS = 5 * 60 * 1000;

/** Starts the clock; `cancelled` is the run's. */
export function startDeadline(timeoutMs: number = DEFAULT_OPERATION_MS, cancelled?: AbortSignal): Deadline {
  const end = performance.now() + timeoutMs;
  return { cancelled, remainingMs: () => Math.max(0, end - performance.now()) };
}

/** Waits; rejects if the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

export const sleepMs: Sleep = (ms, signal) => setTimeout(ms, undefined, { ...(signal && { signal }) });
