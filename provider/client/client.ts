import { type Route, type RouteName, routes } from "../spec";
import type { DeleteResponse, ServerListItem, ServerResponse } from "../spec/messages";
import { readAccessToken } from "./access-token";
import { type Configuration, expiry } from "./configuration";
import { type Deadline, type Sleep, sleepMs } from "./deadline";
import {
  ApiError,
  type Call,
  CancelledError,
  PostjectError,
  type Refusal,
  ResponseMismatchError,
  TimeoutError,
} from "./errors";
import { loadHttp } from "./load-http";
import { createQuote, type Quote } from "./quote";
import {
  decideRetry,
  failureBackOff,
  parseHttpDate,
  parseRetryAfter,
  pauseMs,
  rateLimitBackOff,
} from "./retry";
import { createTransport, type HttpResponse } from "./transport";

/** The API, one method per route. Every method rejects with a PostjectError. */
export interface Client {
  /** The access token's `sub`: whose servers these are. */
  readonly accountId: string | undefined;
  readonly endpoint: string;
  /** Sent once; again only where it certainly had no effect. */
  createServer(body: { name: string }, deadline: Deadline): Promise<ServerResponse>;
  /** Each server once, even if a page that shifted while the API read it shows one twice. */
  listServers(deadline: Deadline): Promise<ServerListItem[]>;
  /** Rejects with a ResponseMismatchError if the response shows another server. */
  getServer(id: string, deadline: Deadline): Promise<ServerResponse>;
  /** Rejects with a ResponseMismatchError after a success that does not name the server: most likely it is gone. */
  deleteServer(id: string, deadline: Deadline): Promise<DeleteResponse>;
}

/** What each route's response is read as. */
interface Responses {
  createServer: ServerResponse;
  listServers: ServerListItem[];
  getServer: ServerResponse;
  deleteServer: DeleteResponse;
}

export type ClientOptions = Pick<
  Configuration,
  "accessToken" | "endpoint" | "maxRetries" | "requestTimeoutMs"
> & {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly sleep?: Sleep;
};

/** How much time an attempt should have at least, if the operation has that much: far above the API's usual response time. */
const LAST_ATTEMPT_MS = 5000;

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

  async function send<Name extends RouteName>(
    name: Name,
    { id, body }: { id?: string; body?: unknown },
    deadline: Deadline,
  ): Promise<Responses[Name]> {
    const route: Route = routes[name];
    const target = { method: route.method, path: route.path.replace(":id", encodeURIComponent(id ?? "")) };
    // What the last attempt needs: without it, a rate limit would end as a timeout, and a create as an unclear one.
    const reserveMs =
      Math.min(requestTimeoutMs, LAST_ATTEMPT_MS, deadline.remainingMs() / 10) * (route.isIdempotent ? 1 : 2);
    await holdBack(target, deadline);
    const failed = { counted: 0, unlimited: 0 };
    for (let attempt = 1; ; attempt++) {
      const call: Call = { ...target, attempt };
      try {
        return await sendOnce(name, call, { id, body }, deadline);
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
        await pause(wait, call, deadline);
      }
    }
  }

  /** Waits, unless the run is cancelled; a pause ends before the deadline does. */
  async function pause(ms: number, call: Call, deadline: Deadline): Promise<void> {
    await sleep(ms, deadline.cancelled).catch(() => {});
    throwIfOver(call, deadline);
  }

  /**
   * While the API makes this client wait (429 with `Retry-After`), any further request would only be rejected too. One whose
   * deadline comes earlier is sent all the same: it must not fail because of what the API told another request.
   */
  async function holdBack(call: Call, deadline: Deadline): Promise<void> {
    const retryAfterMs = quietUntil - performance.now();
    if (retryAfterMs <= 0) return;
    const wait = pauseMs(rateLimitBackOff, 1, { retryAfterMs, remainingMs: deadline.remainingMs() }, random);
    if (wait !== undefined) await pause(wait, call, deadline);
  }

  async function sendOnce<Name extends RouteName>(
    name: Name,
    call: Call,
    { id, body }: { id: string | undefined; body: unknown },
    deadline: Deadline,
  ): Promise<Responses[Name]> {
    if (now() >= expiresAt)
      throw new PostjectError("access-token-expired", `The access token ${expiry(expiresAt)}`);
    const route: Route = routes[name];
    // A create leaves half of the remaining time, so that a lost response can still be reconciled.
    const timeoutMs = Math.min(requestTimeoutMs, deadline.remainingMs() / (route.isIdempotent ? 1 : 2));
    throwIfOver(call, deadline);
    const response = await transport({
      call,
      timeoutMs,
      ...(route.isIdempotent && { cancelled: deadline.cancelled }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.status < 200 || response.status > 299)
      throw new ApiError(call, readRefusal(call, response, endpoint, quote, now()));
    return parseResponse(name, call, response, id);
  }

  return {
    accountId,
    endpoint,
    createServer: (body, deadline) => send("createServer", { body }, deadline),
    listServers: async (deadline) => uniqueById(await send("listServers", {}, deadline)),
    getServer: (id, deadline) => send("getServer", { id }, deadline),
    deleteServer: (id, deadline) => send("deleteServer", { id }, deadline),
  };
}

function uniqueById(servers: readonly ServerListItem[]): ServerListItem[] {
  const ids = new Set<string>();
  return servers.filter(({ id }) => !ids.has(id) && ids.add(id));
}

/**
 * Parses at the door: unknown keys are dropped, missing ones are named. A response about another server than the one asked
 * for, as a cache that mixes responses up would give it, is rejected too.
 */
function parseResponse<Name extends RouteName>(
  name: Name,
  call: Call,
  { status, text }: HttpResponse,
  id: string | undefined,
): Responses[Name] {
  const json = parseJson(text);
  if (json === undefined)
    throw new ResponseMismatchError(call, status, text === "" ? "it has no body" : "it is not JSON");
  const parsed = loadHttp().readResponses[name].safeParse(json);
  if (parsed.success) {
    const { data } = parsed;
    if (id !== undefined && "id" in data && data.id !== id)
      throw new ResponseMismatchError(call, status, "it is about another server");
    return data as Responses[Name];
  }
  const places = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "the whole body"}: ${message}`,
  );
  throw new ResponseMismatchError(call, status, places.slice(0, 3).join("; "), json);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readRefusal(
  { path }: Call,
  response: HttpResponse,
  endpoint: string,
  quote: Quote,
  now: number,
): Refusal {
  const { status, header } = response;
  const json = parseJson(response.text);
  const isObject = typeof json === "object" && json !== null;
  const documented = loadHttp().errorBody.safeParse(json);
  const isDocumented = documented.success && documented.data.statusCode === status;
  const message = isObject ? findMessage(json) : undefined;
  const respondedAt = parseHttpDate(header("date"));
  return {
    status,
    shape: isDocumented ? "api" : isObject ? "json" : "other",
    apiMessage: message === undefined ? undefined : quote(message),
    // A date is by the API's clock, which this machine's need not agree with.
    retryAfterMs: parseRetryAfter(header("retry-after"), respondedAt ?? now),
    respondedAt,
    hint: hintAtEndpoint(status, header("location"), path, endpoint),
  };
}

/** The message of an error body: the documented `message`, or what other APIs and gateways call it. */
function findMessage(body: object): string | undefined {
  const { message, error, detail, title } = body as Partial<Record<string, unknown>>;
  const nested = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  for (const candidate of [message, nested, detail, title]) {
    const texts = [candidate].flat().filter((text) => typeof text === "string" && text.trim() !== "");
    if (texts.length > 0) return texts.join("; ");
  }
  return undefined;
}

/** What a wrong `endpoint` looks like: a redirect, or a 404 that is not about a server. */
function hintAtEndpoint(
  status: number,
  location: string | undefined,
  path: string,
  endpoint: string,
): string | undefined {
  if (status >= 300 && status < 400 && location !== undefined)
    return `It redirects to ${redirectTarget(location, endpoint)}, which is not followed. Check \`endpoint\`.`;
  if (status !== 404) return undefined;
  if (/\/v1\/*$/.test(endpoint))
    return "Check `endpoint`: it ends with `/v1`, but it must be the base URL of the API, without `/v1`.";
  const isCollection = path === routes.listServers.path;
  return isCollection ? "Check `endpoint`: it must be the base URL of the API, without `/v1`." : undefined;
}

function redirectTarget(location: string, endpoint: string): string {
  return URL.canParse(location, endpoint) ? new URL(location, endpoint).host : "another address";
}

function throwIfOver(call: Call, { remainingMs, cancelled }: Deadline): void {
  if (remainingMs() <= 0) throw new TimeoutError(call, undefined);
  if (cancelled?.aborted) throw new CancelledError(call);
}
