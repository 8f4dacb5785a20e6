import * as z from "zod/mini";
import { RefusedError } from "./responses";
import { parse } from "./shapes";
import type { Clock } from "./types";

/** The last moment that `createdAt` and a `Date` header can express: both have four digits for the year. */
const LAST_MS = Date.UTC(10_000, 0) - 1;

/** A clock that runs with the system's until it is moved; `reset` sets it back to the system's time. */
export function createClock(): Clock & { reset(): void } {
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  return {
    now,
    advance(ms) {
      const next = now() + parse(z.int(), ms, "the milliseconds");
      if (next < 0 || next > LAST_MS)
        throw new RefusedError(
          400,
          `The clock cannot be moved by ${ms} ms: it must stay within the years 1970 to 9999`,
        );
      offsetMs += ms;
    },
    reset() {
      offsetMs = 0;
    },
  };
}
