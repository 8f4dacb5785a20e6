import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { type RouteName, routeNames } from "../spec";
import type { Answer } from "./answers";
import type { Clock } from "./clock";
import { parse } from "./parse";

/** What a timer can wait for; Node takes anything above for 1 ms. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
const ms = z.int().check(z.nonnegative(), z.maximum(LONGEST_WAIT_MS));

/** What HTTP can carry; RFC 9110, 5.1 and 5.5. */
const headerName = z.string().check(z.regex(/^[\w!#$%&'*+.^`|~-]+$/));
const headerValue = z.string().check(z.regex(/^[\t\x20-\x7e\x80-\xff]*$/));

/** What a client meets instead of the right answer. */
const faultOutcome = z.discriminatedUnion("kind", [
  /** The connection breaks. */
  z.strictObject({ kind: z.literal("reset") }),
  /** No answer, ever. */
  z.strictObject({ kind: z.literal("hang") }),
  /** The right answer, late. */
  z.strictObject({ kind: z.literal("delay"), ms }),
  /** The right answer, one byte every so many milliseconds. */
  z.strictObject({ kind: z.literal("drip"), ms }),
  /** The right answer, cut off in the middle of its body. */
  z.strictObject({ kind: z.literal("truncate") }),
  /** Another answer: a string is sent as it is, anything else as JSON. */
  z.strictObject({
    kind: z.literal("answer"),
    status: z.int().check(z.minimum(200), z.maximum(599)),
    body: z.optional(z.unknown()),
    headers: z.optional(z.record(headerName, headerValue)),
  }),
  /** An answer of so many bytes. */
  z.strictObject({ kind: z.literal("huge"), bytes: z.int().check(z.positive()) }),
  /** A list that lacks the servers made since the rule was added, by the reference's clock. */
  z.strictObject({ kind: z.literal("stale") }),
]);

/** Also what `POST /_reference/faults` takes. */
export const faultRule = z.strictObject({
  /** Which requests; all if left out. */
  route: z.optional(z.enum(routeNames)),
  /** How many matching requests go well first; 0 unless given. */
  skip: z.optional(z.int().check(z.nonnegative())),
  /** How many matching requests fail after that; 1 unless given. */
  times: z.optional(z.int().check(z.positive())),
  /** Whether the request is carried out although its answer fails; `true` unless given. */
  commit: z.optional(z.boolean()),
  outcome: faultOutcome,
});

/** A rule that is not used up, when it was added and how many requests have matched it since. */
export const activeFault = z.extend(faultRule, { addedAt: z.string(), seen: z.int() });

export type FaultOutcome = z.infer<typeof faultOutcome>;
export type FaultRule = z.infer<typeof faultRule>;
export type ActiveFault = z.infer<typeof activeFault>;

export interface Faults {
  /**
   * Adds a rule. The first rule that matches a request and is not used up decides what becomes of it. Throws a RefusedError if
   * it is not as described.
   */
  add(rule: FaultRule): void;
  /** The rules that are not used up, first come first. */
  list(): ActiveFault[];
  /** Forgets all rules. */
  clear(): void;
}

export function createFaults(clock: Clock): Faults & { take(route: RouteName): ActiveFault | undefined } {
  let faults: ActiveFault[] = [];
  return {
    add: (rule) =>
      void faults.push({
        ...parse(faultRule, rule, "the fault"),
        addedAt: new Date(clock.now()).toISOString(),
        seen: 0,
      }),
    list: () => faults.map((fault) => ({ ...fault, outcome: { ...fault.outcome } })),
    clear: () => {
      faults = [];
    },
    take(route) {
      let taken: ActiveFault | undefined;
      for (const [index, fault] of faults.entries()) {
        if (fault.route !== undefined && fault.route !== route) continue;
        const seen = { ...fault, seen: fault.seen + 1 };
        faults[index] = seen;
        if (seen.seen <= (fault.skip ?? 0)) continue;
        taken = seen;
        break;
      }
      if (taken !== undefined) faults = faults.filter(({ skip = 0, times = 1, seen }) => seen < skip + times);
      return taken;
    },
  };
}

/** The status of the answer that a client gets to its end; undefined where a fault lets none through. */
export function statusOf(right: Answer, outcome: FaultOutcome): number | undefined {
  switch (outcome.kind) {
    case "delay":
    case "drip":
    case "stale":
      return right.status;
    case "answer":
      return outcome.status;
    case "huge":
      return HUGE_STATUS;
    case "reset":
    case "hang":
    case "truncate":
      return undefined;
  }
}

const HUGE_STATUS = 200;

/** Sends what a fault makes of the right answer. */
export async function sendFaulty(
  response: ServerResponse,
  right: Answer,
  outcome: FaultOutcome,
  send: (response: ServerResponse, answer: Answer) => void,
): Promise<void> {
  switch (outcome.kind) {
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "hang":
      return;
    case "delay":
      await sleep(outcome.ms, undefined, { ref: false });
      return send(response, right);
    case "drip":
      return drip(response, right, outcome.ms);
    case "truncate": {
      const text = JSON.stringify(right.body);
      response.writeHead(right.status, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      });
      response.write(text.slice(0, text.length / 2));
      await sleep(20);
      response.socket?.destroy();
      return;
    }
    case "answer":
      return send(response, {
        status: outcome.status,
        body: outcome.body,
        ...(outcome.headers && { headers: outcome.headers }),
      });
    case "huge":
      return sendHuge(response, outcome.bytes);
    case "stale":
      return send(response, right);
  }
}

async function drip(response: ServerResponse, { status, body }: Answer, ms: number): Promise<void> {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  for (const character of text) {
    if (response.destroyed) return;
    response.write(character);
    await sleep(ms, undefined, { ref: false });
  }
  response.end();
}

async function sendHuge(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(HUGE_STATUS, { "content-type": "application/json", "content-length": bytes });
  const chunks = function* () {
    const chunk = Buffer.alloc(64 * 1024, " ");
    for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
  };
  // A client that has had enough closes the connection.
  await pipeline(Readable.from(chunks()), response).catch(() => {});
}
