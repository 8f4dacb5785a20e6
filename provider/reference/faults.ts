import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { type RouteName, routeNames } from "../spec";
import { send } from "./http";
import { parse } from "./parse";
import type { HttpResponse } from "./responses";
import type { ActiveFault, Clock, FaultOutcome, FaultRule, Faults } from "./types";

/** The longest wait of a timer; Node.js reduces anything above to 1 ms. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
const ms = z.int().check(z.nonnegative(), z.maximum(LONGEST_WAIT_MS));

/** What HTTP can carry; RFC 9110, 5.1 and 5.5. */
const headerName = z.string().check(z.regex(/^[\w!#$%&'*+.^`|~-]+$/));
const headerValue = z.string().check(z.regex(/^[\t\x20-\x7e\x80-\xff]*$/));

const faultOutcome = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("reset") }),
  z.strictObject({ kind: z.literal("hang") }),
  z.strictObject({ kind: z.literal("delay"), ms }),
  z.strictObject({ kind: z.literal("drip"), ms }),
  z.strictObject({ kind: z.literal("truncate") }),
  z.strictObject({
    kind: z.literal("answer"),
    status: z.int().check(z.minimum(200), z.maximum(599)),
    body: z.optional(z.unknown()),
    headers: z.optional(z.record(headerName, headerValue)),
  }),
  z.strictObject({ kind: z.literal("huge"), bytes: z.int().check(z.positive()) }),
  z.strictObject({ kind: z.literal("stale") }),
]) satisfies z.ZodMiniType<FaultOutcome>;

/** Also the body of `POST /_reference/faults`. */
export const faultRule = z.strictObject({
  route: z.optional(z.enum(routeNames)),
  skip: z.optional(z.int().check(z.nonnegative())),
  times: z.optional(z.int().check(z.positive())),
  commit: z.optional(z.boolean()),
  outcome: faultOutcome,
}) satisfies z.ZodMiniType<FaultRule>;

export const activeFault = z.extend(faultRule, {
  addedAt: z.string(),
  seen: z.int(),
}) satisfies z.ZodMiniType<ActiveFault>;

export function createFaults(clock: Clock): Faults & { take(route: RouteName): ActiveFault | undefined } {
  let faults: ActiveFault[] = [];
  return {
    add(rule) {
      const addedAt = new Date(clock.now()).toISOString();
      faults.push({ ...parse(faultRule, rule, "the fault"), addedAt, seen: 0 });
    },
    list: () => structuredClone(faults),
    clear() {
      faults = [];
    },
    /** The fault that a request meets. Every rule up to that one counts the request. */
    take(route) {
      const matches = (fault: ActiveFault) => fault.route === undefined || fault.route === route;
      const isDue = ({ seen, skip = 0 }: ActiveFault) => seen >= skip;
      const taken = faults.findIndex((fault) => matches(fault) && isDue(fault));
      const fault = faults[taken];
      faults = faults
        .map((one, at) => (matches(one) && (taken < 0 || at <= taken) ? { ...one, seen: one.seen + 1 } : one))
        .filter(({ skip = 0, times = 1, seen }) => seen < skip + times);
      return fault;
    },
  };
}

/** A response as it reaches the client. */
export interface Delivery {
  /** The status that the client receives; undefined if it gets no complete response. */
  readonly status: number | undefined;
  send(response: ServerResponse): void | Promise<void>;
}

/** Decides what a client gets: the correct response, or what a fault makes of it. */
export function deliver(correct: HttpResponse, fault: ActiveFault | undefined): Delivery {
  const { status } = correct;
  const sendInFull = (sent: HttpResponse): Delivery => ({
    status: sent.status,
    send: (response) => send(response, sent),
  });
  if (fault === undefined) return sendInFull(correct);
  const { outcome, addedAt } = fault;
  switch (outcome.kind) {
    case "reset":
      return { status: undefined, send: (response) => void response.socket?.resetAndDestroy() };
    case "hang":
      return { status: undefined, send() {} };
    case "delay":
      return {
        status,
        async send(response) {
          await sleep(outcome.ms, undefined, { ref: false });
          send(response, correct);
        },
      };
    case "drip":
      return { status, send: (response) => drip(response, correct, outcome.ms) };
    case "truncate":
      return { status: undefined, send: (response) => truncate(response, correct) };
    case "answer":
      return sendInFull({ status: outcome.status, body: outcome.body, headers: outcome.headers });
    case "huge":
      return { status: 200, send: (response) => sendHuge(response, outcome.bytes) };
    case "stale":
      return sendInFull(createdBefore(correct, addedAt));
  }
}

/** Sends the head of a JSON response. Returns the body, which is left to the caller. */
function startJson(response: ServerResponse, { status, body }: HttpResponse): string {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  return text;
}

async function drip(response: ServerResponse, correct: HttpResponse, ms: number): Promise<void> {
  for (const character of startJson(response, correct)) {
    if (response.destroyed) return;
    response.write(character);
    await sleep(ms, undefined, { ref: false });
  }
  response.end();
}

async function truncate(response: ServerResponse, correct: HttpResponse): Promise<void> {
  const text = startJson(response, correct);
  response.write(text.slice(0, text.length / 2));
  // Lets the first half leave before the connection breaks.
  await sleep(20);
  response.socket?.destroy();
}

async function sendHuge(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { "content-type": "application/json", "content-length": bytes });
  const chunks = function* () {
    const chunk = Buffer.alloc(64 * 1024, " ");
    for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
  };
  // A client that has had enough closes the connection.
  await pipeline(Readable.from(chunks()), response).catch(() => {});
}

/** A list without the servers created since a time. Other responses stay as they are. */
function createdBefore(correct: HttpResponse, time: string): HttpResponse {
  if (!Array.isArray(correct.body)) return correct;
  const servers = correct.body as { createdAt: string }[];
  return { ...correct, body: servers.filter(({ createdAt }) => createdAt < time) };
}
