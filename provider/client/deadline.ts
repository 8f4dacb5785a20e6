import { setMaxListeners } from "node:events";
import { setTimeout } from "node:timers/promises";

/** How long one operation may take: all its requests, retries and pauses together. */
export interface Deadline {
  /** Aborts when the time is up, with a `TimeoutError`, or when the run is cancelled. */
  readonly signal: AbortSignal;
  remainingMs(): number;
  /**
   * The same deadline without the run's cancellation: once a server may exist, cancelling must not stop us from finding it.
   * The engine waits, and keeps the result.
   */
  uninterrupted(): Deadline;
  /** Tells the user what a long wait is for. */
  readonly report: (message: string) => void;
}

/** How long an operation may take, what ends it early, and who is told of long waits. */
export interface Limits {
  readonly timeoutMs?: number | undefined;
  readonly cancelled?: AbortSignal | undefined;
  readonly report?: ((message: string) => void) | undefined;
}

/** For a resource without `customTimeouts` for the operation. */
const DEFAULT_OPERATION_MS = 5 * 60 * 1000;

/** The longest delay that a Node.js timer accepts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Starts the clock of an operation. */
export function startDeadline({
  timeoutMs = DEFAULT_OPERATION_MS,
  cancelled,
  report = () => {},
}: Limits = {}): Deadline {
  const end = performance.now() + timeoutMs;
  const remainingMs = () => Math.max(0, end - performance.now());
  const timeout = timeoutSignal(timeoutMs);
  const uninterrupted: Deadline = {
    signal: timeout,
    remainingMs,
    uninterrupted: () => uninterrupted,
    report,
  };
  if (cancelled === undefined) return uninterrupted;
  return { ...uninterrupted, signal: AbortSignal.any([timeout, cancelled]) };
}

/** Aborts after a time of any length. */
export function timeoutSignal(ms: number): AbortSignal {
  const signal = AbortSignal.timeout(Math.min(Math.ceil(ms), LONGEST_TIMER_MS));
  // All requests of an operation listen to its signal, which is not a leak.
  setMaxListeners(0, signal);
  return signal;
}

/** Waits; rejects if the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const sleepMs: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal });
