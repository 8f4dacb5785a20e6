import type { IncomingMessage } from "node:http";
import * as z from "zod/mini";
import { plans, type RouteName, routes, serverLimitOf } from "../spec";
import {
  type CreatedServer,
  type DeletedServer,
  type ListedServer,
  type LiveServer,
  messages,
} from "../spec/messages";
import type { AccessTokens } from "./access-tokens";
import { newServer } from "./drafts";
import type { Faults } from "./faults";
import { readJson } from "./http";
import { type HttpResponse, refuse, responseTo } from "./responses";
import { createRouter } from "./router";
import { listProblems } from "./shapes";
import type { Store } from "./store";
import type { Account, ActiveFault, Clock } from "./types";

/** A request's correct response, and what the log and the faults need to know. */
export interface Handled {
  readonly response: HttpResponse;
  readonly route?: RouteName;
  readonly accountId?: string;
  readonly fault?: ActiveFault | undefined;
}

/** Handles requests as Postject would. */
export function createApi(store: Store, accessTokens: AccessTokens, faults: Faults, clock: Clock) {
  const findRoute = createRouter(routes);

  return async function handle(request: IncomingMessage, path: string): Promise<Handled> {
    const match = findRoute(request.method ?? "GET", path);
    if (match.route === undefined) return { response: match.refusal };
    const { route, id } = match;
    const fault = faults.take(route);
    const account = accessTokens.authenticate(request.headers.authorization);
    if ("refusal" in account)
      return { route, fault, response: refuse(401, account.refusal, { "www-authenticate": "Bearer" }) };
    const carryOut = async () => {
      const body = messages[route].body === undefined ? undefined : await readJson(request);
      if (fault?.commit === false) return refuse(500, "Not carried out");
      return operations[route]({ account, id, body, store, now: clock.now() });
    };
    return { route, fault, accountId: account.id, response: await carryOut().catch(responseTo) };
  };
}

interface Call {
  readonly account: Account;
  readonly id: string;
  /** The request's JSON, not yet checked against the spec. */
  readonly body: unknown;
  readonly store: Store;
  /** The current time; milliseconds since 1970. */
  readonly now: number;
}

/** The reference rejects anything that the contract does not name. */
const createBody = z.strictObject(messages.createServer.body.shape);

/** What each route does. Every response has the shape that the contract documents. */
export const operations: Readonly<Record<RouteName, (call: Call) => HttpResponse>> = {
  createServer({ account, body, store, now }) {
    const parsed = createBody.safeParse(body);
    if (!parsed.success) return refuse(400, listProblems(parsed.error.issues.flatMap(describeIssue)));
    const { title } = plans[account.plan];
    const limit = serverLimitOf(account) ?? Number.POSITIVE_INFINITY;
    // Counting takes longer the more servers there are, so only a plan with a limit pays for it.
    const used = limit === Number.POSITIVE_INFINITY ? 0 : store.count(account.id);
    if (used >= limit)
      return refuse(403, `Plan limit reached: the ${title} plan allows ${limit}, the account has ${used}`);
    const server = newServer(account.id, parsed.data, now);
    store.add(server);
    const { accountId: _, ...created } = server;
    const streams = server.streams.map(({ id, name, type }) => ({ id, name, type }));
    return { status: routes.createServer.success[0], body: { ...created, streams } satisfies CreatedServer };
  },

  listServers: ({ account, store }) => ({
    status: routes.listServers.success[0],
    body: store.list(account.id).map(({ accountId: _, streams, ...server }) => ({
      ...server,
      _count: { streams: streams.length },
    })) satisfies ListedServer[],
  }),

  getServer({ account, id, store }) {
    const server = store.get(account.id, id);
    if (server === undefined) return notFound(id);
    const { accountId: _, ...live } = server;
    return { status: routes.getServer.success[0], body: live satisfies LiveServer };
  },

  deleteServer({ account, id, store }) {
    if (!store.delete(account.id, id)) return notFound(id);
    return {
      status: routes.deleteServer.success[0],
      body: { message: "Server deleted successfully", id } satisfies DeletedServer,
    };
  },
};

function notFound(id: string): HttpResponse {
  return refuse(404, `Server ${id.slice(0, 256)} not found`);
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `property ${key} should not exist`);
  const path = issue.path.join(".");
  if (issue.code === "invalid_type")
    return [path ? `${path} must be a ${issue.expected}` : "the body must be an object"];
  return [`${path} ${issue.message}`];
}
