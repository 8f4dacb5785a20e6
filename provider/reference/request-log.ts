import type { LoggedRequest, RequestFilter } from "./types";

/** Keeps only the last `kept` requests, so that the memory of a process that runs for weeks stays bounded. */
export function createRequestLog(kept = 10_000) {
  let requests: LoggedRequest[] = [];
  let count = 0;
  return {
    add(request: LoggedRequest): void {
      count += 1;
      requests.push(request);
      // Trimming on every request would copy the whole log each time.
      if (requests.length >= 2 * kept) requests = requests.slice(-kept);
    },
    /** Oldest first. */
    list(filter: RequestFilter = {}): LoggedRequest[] {
      const wanted = Object.entries(filter).filter(([, value]) => value !== undefined);
      return requests
        .slice(-kept)
        .filter((request) => wanted.every(([key, value]) => request[key as keyof RequestFilter] === value));
    },
    /** Includes requests that are no longer kept. */
    count: () => count,
    clear(): void {
      requests = [];
      count = 0;
    },
  };
}

/** A client's text as a log may show it: without tokens, wherever the client put them, and truncated. */
export function loggable(text: string): string {
  return text.replace(/pt_live_\w+|eyJ[\w.-]+/g, "[token]").slice(0, 256);
}
