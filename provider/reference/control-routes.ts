import * as z from "zod/mini";
import { routeNames, VERSION } from "../spec";
import { serverName } from "../spec/messages";
import {
  accessTokenOptions,
  account,
  accountOptions,
  activeFault,
  faultRule,
  loggedRequest,
  seed,
  snapshot,
  storedServer,
} from "./shapes";
import type { Reference } from "./types";

/** What a route of the control plane takes, returns and does. */
interface Details<Body, Query, Result> {
  /** The status of a success; by default 200, or 204 without a response body. */
  readonly status?: number;
  readonly body?: z.ZodMiniType<Body>;
  readonly query?: z.ZodMiniType<Query> & z.ZodMiniObject;
  readonly response?: z.ZodMiniType<Result>;
  /** Accepts any host name, as health checks need: it reveals nothing and changes nothing. */
  readonly isForAnyHost?: true;
  /** Throws a RefusedError if the request cannot be carried out. */
  carryOut(
    reference: Reference,
    received: { readonly id: string; readonly body: Body; readonly query: Query },
  ): Result | Promise<Result>;
}

/** A route of the control plane: how a test or a person steers a reference from outside its process. */
export interface ControlRoute extends Details<unknown, unknown, unknown> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Never below `/v1`, so that it can't be mistaken for a route of Postject's. */
  readonly path: `/_reference/${string}`;
  readonly description: string;
  readonly status: number;
}

function route<Body, Query, Result = void>(
  method: ControlRoute["method"],
  path: ControlRoute["path"],
  description: string,
  details: Details<Body, Query, Result>,
): ControlRoute {
  const status = details.response === undefined ? 204 : 200;
  return { method, path, description, status, ...details };
}

/** Numbers in a query are text. Any other text stays as it is, and is refused. */
const number = z.pipe(
  z.transform((text) => (/^\d+$/.test(String(text)) ? Number(text) : text)),
  z.int().check(z.nonnegative()),
);
/** How many items to return, counted from the end; all by default. */
const limit = z.optional(number);

const lastOf = <Item>(items: readonly Item[], count = items.length): Item[] =>
  items.slice(Math.max(0, items.length - count));

const clockTime = z.object({ now: z.iso.datetime() });
const readClock = ({ clock }: Reference) => ({ now: new Date(clock.now()).toISOString() });

const requestFilter = {
  method: z.optional(z.string()),
  route: z.optional(z.enum(routeNames)),
  path: z.optional(z.string()),
  status: z.optional(number),
  accountId: z.optional(z.string()),
};

/** All control plane routes. Routing, the OpenAPI document and docs/reference-api.md follow from them. */
export const controlRoutes = {
  health: route("GET", "/_reference/health", "Reports that the reference is ready for requests.", {
    isForAnyHost: true,
    response: z.object({ status: z.literal("ok") }),
    carryOut: () => ({ status: "ok" as const }),
  }),
  version: route("GET", "/_reference/version", "Returns what is running, and its version.", {
    response: z.object({ name: z.literal("postject-reference"), version: z.string() }),
    carryOut: () => ({ name: "postject-reference" as const, version: VERSION }),
  }),
  reset: route(
    "POST",
    "/_reference/reset",
    "Removes servers, requests and faults, and resets the clock; accounts and access tokens stay.",
    { carryOut: (reference) => reference.reset() },
  ),
  seed: route("POST", "/_reference/seed", "Adds accounts and servers. Plan limits do not apply.", {
    body: seed,
    carryOut: (reference, { body }) => reference.seed(body),
  }),
  snapshot: route(
    "GET",
    "/_reference/snapshot",
    "Returns all accounts and servers, in a form that is easy to compare and to restore.",
    { response: snapshot, carryOut: (reference) => reference.snapshot() },
  ),
  restore: route(
    "POST",
    "/_reference/restore",
    "Replaces all accounts and servers with those of a snapshot.",
    {
      body: snapshot,
      carryOut: (reference, { body }) => reference.restore(body),
    },
  ),
  accounts: route("GET", "/_reference/accounts", "Lists the accounts, the first one first.", {
    response: z.array(account),
    carryOut: (reference) => reference.accounts(),
  }),
  addAccount: route("POST", "/_reference/accounts", "Creates an account and an access token for it.", {
    status: 201,
    body: accountOptions,
    response: z.extend(account, { accessToken: z.string() }),
    async carryOut(reference, { body }) {
      const added = reference.addAccount(body);
      return { ...added, accessToken: await reference.mintAccessToken(added) };
    },
  }),
  mintAccessToken: route(
    "POST",
    "/_reference/access-tokens",
    "Mints an access token for an account (by default the first): a valid one, an expired one (negative " +
      "`expiresInSeconds`), one with a wrong signature, one without a subject, or one with any claims.",
    {
      status: 201,
      body: z.extend(accessTokenOptions, { accountId: z.optional(account.shape.id) }),
      response: z.object({ accessToken: z.string() }),
      carryOut: async (reference, { body: { accountId: id, ...options } }) => ({
        accessToken: await reference.mintAccessToken(id === undefined ? undefined : { id }, options),
      }),
    },
  ),
  addFault: route(
    "POST",
    "/_reference/faults",
    "Adds a fault: what coming requests get instead of the correct response.",
    {
      status: 201,
      body: faultRule,
      response: faultRule,
      carryOut(reference, { body }) {
        reference.faults.add(body);
        return body;
      },
    },
  ),
  faults: route(
    "GET",
    "/_reference/faults",
    "Lists the faults that are not used up, and how many requests each has matched.",
    { response: z.array(activeFault), carryOut: (reference) => reference.faults.list() },
  ),
  clearFaults: route("DELETE", "/_reference/faults", "Removes all faults.", {
    carryOut: (reference) => reference.faults.clear(),
  }),
  clock: route("GET", "/_reference/clock", "Returns the reference's current time.", {
    response: clockTime,
    carryOut: readClock,
  }),
  moveClock: route(
    "POST",
    "/_reference/clock",
    "Moves the clock by `advanceMs`, forward or, if negative, back, within the years 1970 to 9999.",
    {
      body: z.strictObject({ advanceMs: z.int() }),
      response: clockTime,
      carryOut(reference, { body }) {
        reference.clock.advance(body.advanceMs);
        return readClock(reference);
      },
    },
  ),
  requests: route(
    "GET",
    "/_reference/requests",
    "Lists the last 10,000 requests to the API, oldest first, and counts all of them.",
    {
      query: z.strictObject({ ...requestFilter, limit }),
      response: z.object({ count: z.int(), requests: z.array(loggedRequest) }),
      carryOut: (reference, { query: { limit, ...filter } }) => ({
        count: reference.requestCount(),
        requests: lastOf(reference.requests(filter), limit),
      }),
    },
  ),
  servers: route(
    "GET",
    "/_reference/servers",
    "Lists the servers of all accounts with their streams, in the order they were created.",
    {
      query: z.strictObject({ accountId: z.optional(z.string()), limit }),
      response: z.object({ count: z.int(), servers: z.array(storedServer) }),
      carryOut(reference, { query: { accountId, limit } }) {
        const servers = reference.servers(accountId);
        return { count: servers.length, servers: lastOf(servers, limit) };
      },
    },
  ),
  rename: route("PATCH", "/_reference/servers/:id", "Renames a server, which the API itself cannot do.", {
    body: z.strictObject({ name: serverName }),
    carryOut: (reference, { id, body }) => reference.rename(id, body.name),
  }),
} as const;
