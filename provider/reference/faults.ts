import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { RouteName } from "../spec";
import { send } from "./http";
import type { HttpResponse } from "./responses";
import { faultRule, parse } from "./shapes";
import type { ActiveFault, Clock, FaultRule } from "./types";

export type Faults = ReturnType<typeof createFaults>;

/** The rules that decide which requests fail. */
export function createFaults(clock: Clock) {
  let faults: ActiveFault[] = [];
  return {
    add(rule: FaultRule): void {
      const addedAt = new Date(clock.now()).toISOString();
      faults.push({ ...parse(faultRule, rule, "the fault"), addedAt, seen: 0 });
    },
    list: () => structuredClone(faults),
    clear(): void {
      faults = [];
    },
    /** The fault that a request meets. Every rule up to that one counts the request. */
    take(route: RouteName): ActiveFault | undefined {
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
      return {
        status,
        async send(response) {
          for (const character of startJson(response, correct)) {
            if (response.destroyed) return;
            response.write(character);
            await sleep(outcome.ms, undefined, { ref: false });
          }
          response.end();
        },
      };
    case "truncate":
      return {
        status: undefined,
        async send(response) {
          const text = startJson(response, correct);
          response.write(text.slice(0, text.length / 2));
          // Lets the first half leave before the connection breaks.
          await sleep(20);
          response.socket?.destroy();
        },
      };
    case "response":
      return sendInFull(outcome);
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
