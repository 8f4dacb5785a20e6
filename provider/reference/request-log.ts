import type { RouteName } from "../spec";
import type { FaultOutcome } from "./faults";

/** One request for the API as it was received and what was done with it. Holds no token. */
export interface LoggedRequest {
  readonly at: string;
  readonly method: string;
  /** Without its query; cut after 256 characters. */
  readonly path: string;
  /** The route of the spec; undefined for any other path. */
  readonly route: RouteName | undefined;
  readonly accountId: string | undefined;
  readonly userAgent: string | undefined;
  /** What was answered; undefined where a fault let no whole answer through. */
  readonly status: number | undefined;
  /** The fault that the request met. */
  readonly fault: FaultOutcome["kind"] | undefined;
  /** From its head to its answer, without what a fault added. */
  readonly elapsedMs: number;
}

/** What a request must have to be listed; undefined is as good as left out. */
export type RequestFilter = {
  readonly [Key in "method" | "route" | "path" | "status" | "accountId"]?: LoggedRequest[Key] | undefined;
};

export interface RequestLog {
  add(request: LoggedRequest): void;
  /** Oldest first. */
  list(filter?: RequestFilter): LoggedRequest[];
  /** How many there were, also those that are kept no longer. */
  count(): number;
  clear(): void;
}

/** A log that keeps the last so many requests, so that a process that runs for weeks does not fill up. */
export function createRequestLog(kept = 10_000): RequestLog {
  let requests: LoggedRequest[] = [];
  let count = 0;
  return {
    add(request) {
      count += 1;
      requests.push(request);
      // Cutting it at each request would copy it each time.
      if (requests.length >= 2 * kept) requests = requests.slice(-kept);
    },
    list: (filter = {}) => {
      const wanted = Object.entries(filter).filter(([, value]) => value !== undefined);
      return requests
        .slice(-kept)
        .filter((request) => wanted.every(([key, value]) => request[key as keyof RequestFilter] === value));
    },
    count: () => count,
    clear() {
      requests = [];
      count = 0;
    },
  };
}

/** What a log may show of a text that a client sent: no token, whatever it was meant for, and not without end. */
export function loggable(text: string): string {
  return text.replace(/pt_live_\w+|eyJ[\w.-]+/g, "[token]").slice(0, 256);
}
