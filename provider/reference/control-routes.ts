import * as z from "zod/mini";
import { routeNames, VERSION } from "../spec";
import { serverName } from "../spec/messages";
import { accessTokenOptions } from "./access-tokens";
import type { Answer } from "./answers";
import { activeFault, faultRule } from "./faults";
import { parse } from "./parse";
import type { Reference } from "./reference";
import { account, accountOptions, seed, snapshot, storedServer } from "./snapshot";

/** A route of the control plane: how a test or a person steers a reference from outside its process. */
export interface ControlRoute {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Never below `/v1`, so that it can't be taken for a route of Postject's. */
  readonly path: `/_reference/${string}`;
  /** What a success is answered with. */
  readonly status: number;
  readonly description: string;
  readonly body?: z.ZodMiniType;
  readonly query?: z.ZodMiniObject;
  readonly answer?: z.ZodMiniType;
  /** Whether the answer is laid out for people and `diff`. */
  readonly isIndented?: true;
  /** Whether it may be asked for by any host name, as health checks do: it gives nothing away and changes nothing. */
  readonly isForAnyHost?: true;
  /** Does it. Throws a RefusedError. */
  carryOut(reference: Reference, received: Received): Promise<Answer>;
}

interface Received {
  readonly id: string;
  readonly json: unknown;
  /** As it stands in the URL. */
  readonly query: string;
}

const count = z.int();
/** Numbers in a query are text; other text stays as it is, and is refused. */
const number = z.pipe(
  z.transform((text) => (/^\d+$/.test(String(text)) ? Number(text) : text)),
  z.int().check(z.nonnegative()),
);
/** The last so many; all unless given. */
const limit = z.optional(number);

const clockTime = z.object({ now: z.iso.datetime() });
const tellTime = ({ clock }: Reference) => ({ now: new Date(clock.now()).toISOString() });

/** Every route of the control plane. Routing, the OpenAPI document and docs/reference-api.md follow it. */
export const controlRoutes = {
  health: route({
    method: "GET",
    path: "/_reference/health",
    status: 200,
    description: "Tells that the process is alive.",
    isForAnyHost: true,
    answer: z.object({ status: z.literal("ok") }),
    carryOut: () => ({ status: "ok" as const }),
  }),
  ready: route({
    method: "GET",
    path: "/_reference/ready",
    status: 200,
    description: "Tells that the data is loaded and requests are answered.",
    isForAnyHost: true,
    answer: z.object({ status: z.literal("ready") }),
    carryOut: () => ({ status: "ready" as const }),
  }),
  version: route({
    method: "GET",
    path: "/_reference/version",
    status: 200,
    description: "Tells what is running, and in which version.",
    answer: z.object({ name: z.literal("postject-reference"), version: z.string() }),
    carryOut: () => ({ name: "postject-reference" as const, version: VERSION }),
  }),
  reset: route({
    method: "POST",
    path: "/_reference/reset",
    status: 204,
    description:
      "Forgets servers, requests and faults, and puts the clock back; accounts and access tokens stay.",
    carryOut: (reference) => reference.reset(),
  }),
  seed: route({
    method: "POST",
    path: "/_reference/seed",
    status: 204,
    description: "Adds accounts and servers to what is there. Plan limits do not count.",
    body: seed,
    carryOut: (reference, { body }) => reference.seed(body),
  }),
  snapshot: route({
    method: "GET",
    path: "/_reference/snapshot",
    status: 200,
    description: "Gives all accounts and servers, in a form that is easy to compare and to restore.",
    isIndented: true,
    answer: snapshot,
    carryOut: (reference) => reference.snapshot(),
  }),
  restore: route({
    method: "POST",
    path: "/_reference/restore",
    status: 204,
    description: "Replaces all accounts and servers by those of a snapshot.",
    body: snapshot,
    carryOut: (reference, { body }) => reference.restore(body),
  }),
  accounts: route({
    method: "GET",
    path: "/_reference/accounts",
    status: 200,
    description: "Lists the accounts; the first is the one that the reference started with.",
    answer: z.array(account),
    carryOut: (reference) => reference.accounts(),
  }),
  addAccount: route({
    method: "POST",
    path: "/_reference/accounts",
    status: 201,
    description: "Makes an account, and an access token for it.",
    body: accountOptions,
    answer: z.extend(account, { accessToken: z.string() }),
    async carryOut(reference, { body }) {
      const added = reference.addAccount(body);
      return { ...added, accessToken: await reference.mintAccessToken(added) };
    },
  }),
  mintAccessToken: route({
    method: "POST",
    path: "/_reference/access-tokens",
    status: 201,
    description:
      "Mints an access token for an account (the first unless given): a good one, an expired one " +
      "(`expiresInSeconds` below 0), one that is wrongly signed, one without a subject, or one with any claims.",
    body: z.extend(accessTokenOptions, { accountId: z.optional(account.shape.id) }),
    answer: z.object({ accessToken: z.string() }),
    carryOut: async (reference, { body: { accountId, ...options } }) => ({
      accessToken: await reference.mintAccessToken(
        accountId === undefined ? undefined : { id: accountId },
        options,
      ),
    }),
  }),
  addFault: route({
    method: "POST",
    path: "/_reference/faults",
    status: 201,
    description: "Adds a fault: what a coming request meets instead of the right answer.",
    body: faultRule,
    answer: faultRule,
    carryOut(reference, { body }) {
      reference.faults.add(body);
      return body;
    },
  }),
  faults: route({
    method: "GET",
    path: "/_reference/faults",
    status: 200,
    description: "Lists the faults that are not used up, and how many requests each has seen.",
    answer: z.array(activeFault),
    carryOut: (reference) => reference.faults.list(),
  }),
  clearFaults: route({
    method: "DELETE",
    path: "/_reference/faults",
    status: 204,
    description: "Forgets all faults.",
    carryOut: (reference) => reference.faults.clear(),
  }),
  clock: route({
    method: "GET",
    path: "/_reference/clock",
    status: 200,
    description: "Tells the time that the reference goes by.",
    answer: clockTime,
    carryOut: tellTime,
  }),
  moveClock: route({
    method: "POST",
    path: "/_reference/clock",
    status: 200,
    description: "Moves the clock by `advanceMs`, forward or, below 0, back, within the years 1970 to 9999.",
    body: z.strictObject({ advanceMs: z.int() }),
    answer: clockTime,
    carryOut(reference, { body }) {
      reference.clock.advance(body.advanceMs);
      return tellTime(reference);
    },
  }),
  requests: route({
    method: "GET",
    path: "/_reference/requests",
    status: 200,
    description:
      "Lists the requests for the API, oldest first, and counts all there were; the last 10,000 are kept.",
    query: z.strictObject({
      method: z.optional(z.string()),
      route: z.optional(z.enum(routeNames)),
      path: z.optional(z.string()),
      status: z.optional(number),
      accountId: z.optional(z.string()),
      limit,
    }),
    answer: z.object({
      count,
      requests: z.array(
        z.object({
          at: z.string(),
          method: z.string(),
          path: z.string(),
          route: z.optional(z.enum(routeNames)),
          accountId: z.optional(z.string()),
          userAgent: z.optional(z.string()),
          status: z.optional(z.int()),
          fault: z.optional(z.string()),
          elapsedMs: z.number(),
        }),
      ),
    }),
    carryOut: (reference, { query: { limit: last, ...filter } }) => ({
      count: reference.requestCount(),
      requests: lastOf(reference.requests(filter), last),
    }),
  }),
  servers: route({
    method: "GET",
    path: "/_reference/servers",
    status: 200,
    description: "Lists the servers of all accounts with their streams, in the order they were made.",
    query: z.strictObject({ accountId: z.optional(z.string()), limit }),
    answer: z.object({ count, servers: z.array(storedServer) }),
    carryOut(reference, { query }) {
      const servers = reference.servers(query.accountId);
      return { count: servers.length, servers: lastOf(servers, query.limit) };
    },
  }),
  rename: route({
    method: "PATCH",
    path: "/_reference/servers/:id",
    status: 204,
    description: "Renames a server, which the API itself cannot do.",
    body: z.strictObject({ name: serverName }),
    carryOut: (reference, { id, body }) => reference.rename(id, body.name),
  }),
} as const satisfies Readonly<Record<string, ControlRoute>>;

interface Definition<Body, Query, Answered>
  extends Omit<ControlRoute, "body" | "query" | "answer" | "carryOut"> {
  readonly body?: z.ZodMiniType<Body>;
  readonly query?: z.ZodMiniType<Query> & z.ZodMiniObject;
  readonly answer?: z.ZodMiniType<Answered>;
  carryOut(
    reference: Reference,
    received: { readonly id: string; readonly body: Body; readonly query: Query },
  ): Answered | Promise<Answered>;
}

/** Puts the parsing of what is received before what a route does with it. */
function route<Body, Query, Answered = void>(definition: Definition<Body, Query, Answered>): ControlRoute {
  const { carryOut, ...data } = definition;
  return {
    ...data,
    async carryOut(reference, { id, json, query }) {
      const body = parse(definition.body ?? z.any(), json, "the body");
      const values = parse(
        definition.query ?? z.any(),
        Object.fromEntries(new URLSearchParams(query)),
        "the query",
      );
      const answered = await carryOut(reference, { id, body, query: values });
      if (!definition.isIndented) return { status: definition.status, body: answered };
      return {
        status: definition.status,
        body: `${JSON.stringify(answered, null, 2)}\n`,
        headers: { "content-type": "application/json; charset=utf-8" },
      };
    },
  };
}

function lastOf<Item>(items: readonly Item[], limit = items.length): Item[] {
  return items.slice(Math.max(0, items.length - limit));
}
