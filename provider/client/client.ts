import { type Route, type RouteName, routeNames, routes } from "../spec";
import type { RequestOf, ResponseOf } from "../spec/messages";
import { explainExpiry, readAccessToken } from "./access-token";
import { abortAfter, type Deadline, pause, type Sleep, sleepMs } from "./deadline";
import { ApiError, type Call, CancelledError, PostjectError, TimeoutError } from "./errors";
import { createQuote } from "./quote";
import { parseResponse, readRefusal } from "./responses";
import { decideRetry, failureBackOff, pauseMs, rateLimitBackOff } from "./retry";
import { createTransport } from "./transport";

/**
 * The API, one method per route: it takes the id that the path names, the body, if the route has one, and the
 * operation's deadline. It rejects with a PostjectError: a ResponseMismatchError if a 2xx response is
 * malformed or describes another server. A create is retried only if it certainly had no effect.
 */
export type Client = {
  readonly [Name in RouteName]: (
    ...args: [...RequestOf<Name>, deadline: Deadline]
  ) => Promise<ResponseOf<Name>>;
} & {
  /** The access token's `sub`: whose servers these are. */
  readonly accountId: string | undefined;
};

/** How the API is reached, and as whom. */
export interface Connection {
  readonly accessToken: string;
  /** Base URL, without `/v1` and without a slash at its end. */
  readonly endpoint: string;
  readonly maxRetries: number;
  readonly requestTimeoutMs: number;
}

export interface ClientOptions extends Connection {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/** One request of a route. */
interface ClientRequest {
  readonly id?: string | undefined;
  readonly body?: unknown;
}

/** Minimum time to leave for an attempt, if there is that much: far above the API's usual response time. */
const LAST_ATTEMPT_MS = 5000;

/** How often a request that has no response yet is reported. */
const LONG_RESPONSE_MS = 10_000;

/** Makes a client; connections open with the first request. */
export function createClient(options: ClientOptions): Client {
  const {
    accessToken,
    endpoint,
    maxRetries,
    requestTimeoutMs,
    now = Date.now,
    random = Math.random,
    sleep = sleepMs,
  } = options;
  const { accountId, expiresAt = Number.POSITIVE_INFINITY } = readAccessToken(accessToken);
  const quote = createQuote(accessToken);
  const transport = createTransport({ endpoint, accessToken, quote });
  /** Until when the API has asked this client to wait, by `performance.now()`. */
  let quietUntil = 0;

  async function send(name: RouteName, request: ClientRequest, deadline: Deadline): Promise<unknown> {
    const route: Route = routes[name];
    const path = route.path.replace(":id", encodeURIComponent(request.id ?? ""));
    const target = { method: route.method, path };
    // What the last attempt needs: without it, a rate limit would end as a timeout, and a create as unclear.
    const reserveMs =
      Math.min(requestTimeoutMs, LAST_ATTEMPT_MS, deadline.remainingMs() / 10) * (route.isIdempotent ? 1 : 2);
    await holdBack(target, deadline);
    const failed = { counted: 0, unlimited: 0 };
    for (let attempt = 1; ; attempt++) {
      const call: Call = { ...target, attempt };
      try {
        return await sendOnce(name, call, request, deadline);
      } catch (failure) {
        const { retry, retryAfterMs } = decideRetry(route, failure);
        if (retry === "never") throw failure;
        failed[retry] += 1;
        if (failed.counted > maxRetries) throw failure;
        if (retry === "unlimited" && retryAfterMs !== undefined)
          quietUntil = Math.max(quietUntil, performance.now() + retryAfterMs);
        const backOff = retry === "unlimited" ? rateLimitBackOff : failureBackOff;
        const limits = { retryAfterMs, remainingMs: deadline.remainingMs() - reserveMs };
        const wait = pauseMs(backOff, failed[retry], limits, random);
        // Waiting past the end would only hide what the API said behind a timeout.
        if (wait === undefined) throw failure;
        await pause(sleep, wait, deadline, `before the next attempt of ${route.method} ${path}`);
        throwIfOver(call, deadline);
      }
    }
  }

  /**
   * While the API makes this client wait (429 with `Retry-After`), any further request would only be rejected
   * too. One whose deadline comes earlier is sent all the same: it must not fail because of what the API told
   * another request.
   */
  async function holdBack(call: Call, deadline: Deadline): Promise<void> {
    const retryAfterMs = quietUntil - performance.now();
    if (retryAfterMs <= 0) return;
    const wait = pauseMs(rateLimitBackOff, 1, { retryAfterMs, remainingMs: deadline.remainingMs() }, random);
    if (wait === undefined) return;
    await pause(sleep, wait, deadline, "because Postject limits the rate of requests");
    throwIfOver(call, deadline);
  }

  async function sendOnce(
    name: RouteName,
    call: Call,
    { id, body }: ClientRequest,
    deadline: Deadline,
  ): Promise<unknown> {
    if (now() >= expiresAt)
      throw new PostjectError("access-token-expired", `The access token ${explainExpiry(expiresAt)}`);
    throwIfOver(call, deadline);
    const { isIdempotent }: Route = routes[name];
    // A create leaves half of the remaining time, to reconcile a lost response, and is never cancelled.
    const timeoutMs = Math.min(requestTimeoutMs, deadline.remainingMs() / (isIdempotent ? 1 : 2));
    const limit = abortAfter(timeoutMs, isIdempotent ? deadline.cancelled : undefined);
    const longWait = setInterval(
      () => deadline.report(`Still waiting for the response to ${call.method} ${call.path} …`),
      LONG_RESPONSE_MS,
    );
    try {
      const response = await transport(call, body, limit.signal);
      if (response.status < 200 || response.status > 299)
        throw new ApiError(call, readRefusal(call, response, endpoint, quote, now()));
      return parseResponse(name, call, response, id);
    } finally {
      limit.release();
      clearInterval(longWait);
    }
  }

  const methods = routeNames.map((name) => {
    const takesId = routes[name].path.includes(":id");
    const method = (...args: unknown[]) => {
      const deadline = args.pop() as Deadline;
      const id = takesId ? String(args.shift()) : undefined;
      return send(name, { id, body: args[0] }, deadline);
    };
    return [name, method] as const;
  });
  return { ...Object.fromEntries(methods), accountId } as unknown as Client;
}

function throwIfOver(call: Call, { remainingMs, cancelled }: Deadline): void {
  if (cancelled?.aborted) throw new CancelledError(call);
  if (remainingMs() <= 0) throw new TimeoutError(call, undefined);
}
