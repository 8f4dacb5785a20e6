import * as z from "zod/mini";
import { plans, type RouteName, routes } from "../spec";
import {
  type CreatedServer,
  type DeletedServer,
  type ListedServer,
  type LiveServer,
  messages,
} from "../spec/messages";
import { type Account, limitOf } from "./accounts";
import { type Answer, refuse } from "./answers";
import { newServer } from "./new-server";
import type { Store } from "./store";

interface Operation {
  readonly account: Account;
  readonly id: string;
  /** The request's JSON, not yet parsed by the spec. */
  readonly body: unknown;
  readonly store: Store;
  /** When the request is carried out; milliseconds since 1970. */
  readonly now: number;
}

/** The reference takes nothing that the contract does not name. */
const createBody = z.strictObject(messages.createServer.body.shape);

/** What each route does. Every answer has the shape of the contract's page. */
export const operations: Readonly<Record<RouteName, (operation: Operation) => Answer>> = {
  createServer({ account, body, store, now }) {
    const parsed = createBody.safeParse(body);
    if (!parsed.success) return refuse(400, parsed.error.issues.flatMap(describeIssue));
    const used = store.count(account.id);
    if (used >= limitOf(account)) {
      const { title } = plans[account.plan];
      return refuse(
        403,
        `Plan limit reached: the ${title} plan allows ${limitOf(account)}, the account has ${used}`,
      );
    }
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

function notFound(id: string): Answer {
  return refuse(404, `Server ${id.slice(0, 256)} not found`);
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `property ${key} should not exist`);
  const path = issue.path.join(".");
  if (issue.code === "invalid_type")
    return [path ? `${path} must be a ${issue.expected}` : "the body must be an object"];
  return [`${path} ${issue.message}`];
}
