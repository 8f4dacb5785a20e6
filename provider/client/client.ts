import { type Route, type RouteName, routes } from "../spec";
import type { CreatedServer, DeletedServer, ListedServer, LiveServer } from "../spec/messages";
import { readAccessToken } from "./access-token";
import { type Configuration, expiry } from "./configuration";
import type { Deadline } from "./deadline";
import {
  AnswerMismatchError,
  ApiError,
  type Call,
  CancelledError,
  PostjectError,
  TimeoutError,
} from "./errors";
import { loadHttp } from "./load-http";
import { judge, parseRetryAfter, pauseMs } from "./retry";
import { createTransport, type HttpAnswer } from "./transport";

/** The API, one method per route. Every method rejects with a PostjectError. */
export interface Client {
  /** The access token's `sub`: whose servers these are. */
  readonly accountId: string | undefined;
  readonly endpoint: string;
  /** Sent once; again only where it provably did nothing. */
  createServer(body: { name: string }, deadline: Deadline): Promise<CreatedServer>;
  listServers(deadline: Deadline): Promise<ListedServer[]>;
  getServer(id: string, deadline: Deadline): Promise<LiveServer>;
  deleteServer(id: string, deadline: Deadline): Promise<DeletedServer>;
}

/** What each route answers. */
interface Answers {
  createServer: CreatedServer;
  listServers: ListedServer[];
  getServer: LiveServer;
  deleteServer: DeletedServer;
}

export type ClientOptions = Pick<
  Configuration,
  "accessToken" | "endpoint" | "maxRetries" | "requestTimeoutMs"
> & {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
};

/** Makes a client; connections open with the first request. */
export function createClient(options: ClientOptions): Client {
  const {
    accessToken,
    endpoint,
    maxRetries,
    requestTimeoutMs,
    now = Date.now,
    random = Math.random,
  } = options;
  const { accountId, expiresAt = Number.POSITIVE_INFINITY } = readAccessToken(accessToken);
  const redact = createRedactor(accessToken);
  const transport = createTransport({ endpoint, accessToken, redact });

  async function send<Name extends RouteName>(
    name: Name,
    { id = "", body }: { id?: string; body?: unknown },
    deadline: Deadline,
  ): Promise<Answers[Name]> {
    const route: Route = routes[name];
    const call: Call = { method: route.method, path: route.path.replace(":id", encodeURIComponent(id)) };
    for (let attempt = 1; ; attempt++) {
      try {
        return await sendOnce(name, call, body, deadline);
      } catch (failure) {
        const { again, waitMs = 0 } = judge(route, failure);
        if (!again || attempt > maxRetries) throw failure;
        const wait = Math.max(waitMs, pauseMs(attempt, random));
        // Waiting past the end would only hide what the API said behind a timeout.
        if (wait >= deadline.remainingMs()) throw failure;
        await pause(wait, call, deadline);
      }
    }
  }

  async function sendOnce<Name extends RouteName>(
    name: Name,
    call: Call,
    body: unknown,
    deadline: Deadline,
  ): Promise<Answers[Name]> {
    if (now() >= expiresAt)
      throw new PostjectError("access-token-expired", `The access token ${expiry(expiresAt)}`);
    const route: Route = routes[name];
    // A create leaves half of what is left of the time, so that a lost answer can still be looked for.
    const timeoutMs = Math.min(requestTimeoutMs, deadline.remainingMs() / (route.mayBeSentTwice ? 1 : 2));
    throwIfOver(call, deadline);
    const answer = await transport({
      call,
      timeoutMs,
      ...(route.mayBeSentTwice && { cancelled: deadline.cancelled }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!route.success.includes(answer.status)) throw refusal(call, answer, endpoint, redact, now());
    return parseAnswer(name, call, answer);
  }

  return {
    accountId,
    endpoint,
    createServer: (body, deadline) => send("createServer", { body }, deadline),
    listServers: (deadline) => send("listServers", {}, deadline),
    getServer: (id, deadline) => send("getServer", { id }, deadline),
    deleteServer: (id, deadline) => send("deleteServer", { id }, deadline),
  };
}

/** Parse at the door: unknown keys are dropped, missing ones are named. */
function parseAnswer<Name extends RouteName>(name: Name, call: Call, answer: HttpAnswer): Answers[Name] {
  const { messages } = loadHttp();
  const json = parseJson(answer.text);
  if (json === undefined) throw new AnswerMismatchError(call, answer.status, "it is not JSON");
  const parsed = messages[name].answer.safeParse(json);
  if (parsed.success) return parsed.data as Answers[Name];
  const places = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "the whole"}: ${message}`,
  );
  throw new AnswerMismatchError(call, answer.status, places.slice(0, 3).join("; "), json);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(
  call: Call,
  answer: HttpAnswer,
  endpoint: string,
  redact: (text: string) => string,
  now: number,
): ApiError {
  const { status } = answer;
  const location = answer.header("location");
  const redirect = status >= 300 && status < 400 && location !== undefined;
  return new ApiError(call, {
    status,
    apiMessage: readErrorMessage(answer, redact),
    retryAfterMs: parseRetryAfter(answer.header("retry-after"), now),
    ...(redirect && {
      hint: `It redirects to ${redirectTarget(location, endpoint)}, which is not followed. Check \`endpoint\`.`,
    }),
  });
}

/** The message of the API's own error body; undefined for anything else, such as a proxy's page. */
function readErrorMessage(answer: HttpAnswer, redact: (text: string) => string): string | undefined {
  const body = loadHttp().errorBody.safeParse(parseJson(answer.text));
  if (!body.success || body.data.statusCode !== answer.status) return undefined;
  return redact([body.data.message].flat().join("; "));
}

function redirectTarget(location: string, endpoint: string): string {
  return URL.canParse(location, endpoint) ? new URL(location, endpoint).host : "another address";
}

/** Takes the access token, in the forms it may be echoed in, and server tokens out of a text. */
function createRedactor(accessToken: string): (text: string) => string {
  const base64 = Buffer.from(accessToken).toString("base64").replace(/=+$/, "");
  const forms = [accessToken, encodeURIComponent(accessToken), base64].filter((form) => form.length >= 4);
  return (text) =>
    forms
      .reduce((shown, form) => shown.replaceAll(form, "[secret]"), text)
      .replace(/pt_live_\w+/g, "[secret]");
}

function throwIfOver(call: Call, { remainingMs, cancelled }: Deadline): void {
  if (remainingMs() <= 0) throw new TimeoutError(call, undefined);
  if (cancelled?.aborted) throw new CancelledError(call);
}

/** Waits, unless the run is cancelled; a pause ends before the deadline does. */
async function pause(ms: number, call: Call, deadline: Deadline): Promise<void> {
  await new Promise<void>((done) => {
    const finish = () => {
      clearTimeout(timer);
      deadline.cancelled?.removeEventListener("abort", finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    deadline.cancelled?.addEventListener("abort", finish, { once: true });
    if (deadline.cancelled?.aborted) finish();
  });
  throwIfOver(call, deadline);
}
