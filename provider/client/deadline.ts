import { setTimeout as wait } from "node:timers/promises";

/** How long one operation may take: all its requests, retries and pauses together. */
export interface Deadline {
  /** Aborts when the run is cancelled: ends pauses and idempotent requests, never a create in flight. */
  readonly cancelled: AbortSignal | undefined;
  /** Tells the user what a long wait is for. */
  readonly report: (message: string) => void;
  remainingMs(): number;
}

export interface DeadlineOptions {
  /** The default is five minutes. */
  readonly timeoutMs?: number | undefined;
  readonly cancelled?: AbortSignal | undefined;
  readonly report?: ((message: string) => void) | undefined;
}

/** For a resource without `customTimeouts` for the operation. */
const DEFAULT_OPERATION_MS = 5 * 60 * 1000;

/** The longest delay that a Node.js timer accepts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Pauses from this length on are reported. */
const LONG_PAUSE_MS = 3000;

/** Starts the clock of an operation. */
export function startDeadline({
  timeoutMs = DEFAULT_OPERATION_MS,
  cancelled,
  report = () => {},
}: DeadlineOptions = {}): Deadline {
  const end = performance.now() + timeoutMs;
  return { cancelled, report, remainingMs: () => Math.max(0, end - performance.now()) };
}

/**
 * The same deadline, whether or not the run is cancelled: once a server may exist, cancelling must not stop
 * us from finding it. The engine waits, and keeps the result.
 */
export function uninterrupted(deadline: Deadline): Deadline {
  return { ...deadline, cancelled: undefined };
}

/**
 * A signal that aborts after some time with a DOMException named `TimeoutError`, or as `cancelled` does;
 * `release` ends both. Not `AbortSignal.any` with `AbortSignal.timeout`: Node.js holds these weakly, and a
 * timeout that is collected never fires (nodejs/node#57736).
 */
export function abortAfter(
  ms: number,
  cancelled: AbortSignal | undefined,
): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const cancel = () => controller.abort(cancelled?.reason);
  cancelled?.addEventListener("abort", cancel, { once: true });
  if (cancelled?.aborted) cancel();
  const timer = setTimeout(
    () => controller.abort(new DOMException("The time is up", "TimeoutError")),
    Math.min(Math.ceil(ms), LONGEST_TIMER_MS),
  );
  const release = () => {
    clearTimeout(timer);
    cancelled?.removeEventListener("abort", cancel);
  };
  return { signal: controller.signal, release };
}

/** Waits; rejects if the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

export const sleepMs: Sleep = (ms, signal) => wait(ms, undefined, { ...(signal && { signal }) });

/** Waits until the time is over or the run is cancelled, and tells the user what for if that takes long. */
export async function pause(
  sleep: Sleep,
  ms: number,
  { cancelled, report }: Deadline,
  purpose: string,
): Promise<void> {
  if (ms >= LONG_PAUSE_MS) report(`Waiting ${Math.round(ms / 1000)} s ${purpose} …`);
  await sleep(ms, cancelled).catch(() => {});
}
