/** How long one operation may take, all its requests, retries and pauses together. */
export interface Deadline {
  /** Aborts when the time is up. */
  readonly expired: AbortSignal;
  /** Aborts when the time is up or the run is cancelled: ends pauses and repeatable requests, never a create in flight. */
  readonly interrupted: AbortSignal;
  remainingMs(): number;
}

/** Where a resource has no `customTimeouts` for the operation. */
export const DEFAULT_OPERATION_MS = 5 * 60 * 1000;

/** Starts the clock; `cancelled` is the run's. */
export function startDeadline(timeoutMs: number = DEFAULT_OPERATION_MS, cancelled?: AbortSignal): Deadline {
  const end = performance.now() + timeoutMs;
  const expired = AbortSignal.timeout(timeoutMs);
  return {
    expired,
    interrupted: cancelled === undefined ? expired : AbortSignal.any([expired, cancelled]),
    remainingMs: () => Math.max(0, end - performance.now()),
  };
}
