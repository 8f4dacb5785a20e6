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
import type { Store } from "./store";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Operation {
  readonly account: Account;
  readonly id: string;
  /** The request's JSON, not yet parsed by the spec. */
  readonly body: unknown;
  readonly store: Store;
}

/** What each route does. Every answer has the shape of the contract's page. */
export const operations: Readonly<Record<RouteName, (operation: Operation) => Answer>> = {
  createServer({ account, body, store }) {
    const parsed = z.strictObject(messages.createServer.body.shape).safeParse(body);
    if (!parsed.success) return refuse(400, parsed.error.issues.flatMap(describeIssue));
    const used = store.list(account.id).length;
    if (used >= limitOf(account)) {
      const { title } = plans[account.plan];
      return refuse(
        403,
        `Plan limit reached: the ${title} plan allows ${limitOf(account)}, the account has ${used}`,
      );
    }
    const { id, name, token, createdAt, streams } = store.add(account.id, parsed.data.name);
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

const phrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
};

/** An answer in the API's error shape. */
export function refuse(
  statusCode: number,
  message: string | string[],
  headers?: Readonly<Record<string, string>>,
): Answer {
  return {
    status: statusCode,
    body: { statusCode, message, error: phrases[statusCode] ?? "Error" },
    ...(headers && { headers }),
  };
}

function notFound(id: string): Answer {
  return refuse(404, `Server ${id} not found`);
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `property ${key} should not exist`);
  const path = issue.path.join(".");
  if (issue.code === "invalid_type")
    return [path ? `${path} must be a ${issue.expected}` : "the body must be an object"];
  return [`${path} ${issue.message}`];
}
