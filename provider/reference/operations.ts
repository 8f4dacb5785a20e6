import * as z from "zod/mini";
import { plans, type RouteName, routes, serverLimitOf } from "../spec";
import {
  type CreatedServer,
  type DeletedServer,
  type ListedServer,
  type LiveServer,
  messages,
} from "../spec/messages";
import { newServer } from "./new-server";
import { type HttpResponse, refuse } from "./responses";
import type { Store } from "./store";
import type { Account } from "./types";

interface Operation {
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
export const operations: Readonly<Record<RouteName, (operation: Operation) => HttpResponse>> = {
  createServer({ account, body, store, now }) {
    const parsed = createBody.safeParse(body);
    if (!parsed.success) return refuse(400, parsed.error.issues.flatMap(describeIssue));
    const { title } = plans[account.plan];
    const limit = serverLimitOf(account) ?? Number.POSITIVE_INFINITY;
    // Counting takes longer the more servers there are, so only a plan with a limit pays for it.
    const used = limit === Number.POSITIVE_INFINITY ? 0 : store.count(account.id);
    if (used >= limit)
      return refuse(403, `Plan limit reached: the ${title} plan allows ${limit}, the account has ${used}`);
    const server = newServer(account.id, parsed.data, now);
    store.add(server);
    const { id, name, token, createdAt, streams } = server;
    const bareStreams = streams.map((stream) => ({ id: stream.id, name: stream.name, type: stream.type }));
    return {
      status: routes.createServer.success[0],
      body: { id, name, token, createdAt, streams: bareStreams } satisfies CreatedServer,
    };
  },

  listServers: ({ account, store }) => ({
    status: routes.listServers.success[0],
    body: store.list(account.id).map(({ id, name, token, createdAt, streams }) => ({
      id,
      name,
      token,
      createdAt,
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
