import { type ErrorCode, errorCodes, type Route, withCode } from "../spec";
import { toPlainLines } from "./quote";

/** An error that a user can act on: it says what happened, to what, and what to do next. Holds no secret. */
export class PostjectError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    // Line by line: text of the API must not reach a terminal as it is.
    super(withCode(toPlainLines(message), code), options);
    this.name = new.target.name;
  }
}

/** One call as messages show it. */
export type Call = Pick<Route, "method" | "path"> & {
  /** How many times it has been sent, including this time; messages mention it from the second time on. */
  readonly attempt?: number;
};

/** The API's own words are quoted up to here. */
const QUOTE_LIMIT = 256;

/** What can be read from a response that is not a success. */
export interface Refusal {
  readonly status: number;
  /** What the API said, as plain text without secrets. Undefined where no message could be read. */
  readonly apiMessage?: string | undefined;
  /** `api`: JSON exactly as the API documents it. `json`: any other JSON object. `other`: HTML, nothing, … */
  readonly shape: "api" | "json" | "other";
  readonly retryAfterMs?: number | undefined;
  readonly respondedAt?: number | undefined;
  /** What to do, where more is known than the code's remedy says. */
  readonly hint?: string | undefined;
}

/** The API responded, with a status that is not success. */
export class ApiError extends PostjectError {
  readonly status: number;
  readonly call: Call;
  /** What the API said, secrets redacted, cut at 256 characters; undefined if no message could be read. */
  readonly apiMessage: string | undefined;
  /** What to do, as the message says it. */
  readonly remedy: string;
  /** Whether it is certain that the API itself refused the request, not a proxy or gateway in between. */
  readonly isRefusal: boolean;
  /** From `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The API's clock (`Date` header) in milliseconds since the epoch; undefined if absent or unreadable. */
  readonly respondedAt: number | undefined;

  constructor(call: Call, refusal: Refusal) {
    const { status, retryAfterMs, respondedAt, hint } = refusal;
    const code = codeOf(call, refusal);
    const apiMessage = refusal.apiMessage?.slice(0, QUOTE_LIMIT);
    const said = apiMessage ? `Postject says: "${apiMessage}".` : errorCodes[code].meaning;
    const wait =
      retryAfterMs === undefined ? "" : ` It asks for a pause of ${Math.ceil(retryAfterMs / 1000)} s.`;
    const remedy = hint ?? errorCodes[code].remedy;
    super(code, `${said}${wait} ${remedy} ${show(call, status)}`);
    this.remedy = remedy;
    this.status = status;
    this.call = call;
    this.apiMessage = apiMessage;
    this.isRefusal = isRefusal(refusal);
    this.retryAfterMs = retryAfterMs;
    this.respondedAt = respondedAt;
  }
}

/** There was no response, because no connection was made or it broke. */
export class NetworkError extends PostjectError {
  /** False only where it is certain that the API never saw the request. */
  readonly mayHaveArrived: boolean;
  /** False where a retry would end the same way, as for a certificate that is not trusted. */
  readonly isTransient: boolean;

  constructor(
    call: Call,
    origin: string,
    failure: { mayHaveArrived: boolean; isTransient: boolean; cause: Error; reason: string },
  ) {
    super(
      "network",
      `Cannot reach ${origin}: ${failure.reason}. ${errorCodes.network.remedy} ${show(call)}`,
      {
        cause: failure.cause,
      },
    );
    this.mayHaveArrived = failure.mayHaveArrived;
    this.isTransient = failure.isTransient;
  }
}

/** A request took longer than it may, or the operation timed out before it was sent. */
export class TimeoutError extends PostjectError {
  /** False only where it is certain that the API never saw the request. */
  readonly mayHaveArrived: boolean;

  constructor(call: Call, waitedMs: number | undefined) {
    const what =
      waitedMs === undefined
        ? "The operation timed out before this request was sent."
        : `No response within ${(waitedMs / 1000).toFixed(1)} s.`;
    super("timeout", `${what} ${errorCodes.timeout.remedy} ${show(call)}`);
    this.mayHaveArrived = waitedMs !== undefined;
  }
}

/** The run was cancelled while an operation waited. */
export class CancelledError extends PostjectError {
  constructor(call: Call) {
    super("cancelled", `${errorCodes.cancelled.meaning} ${errorCodes.cancelled.remedy} ${show(call)}`);
  }
}

/** A success status, but the body breaks the contract, or is about another server than the request. */
export class ResponseMismatchError extends PostjectError {
  /** The response's JSON, to salvage from. May hold secrets; not enumerable, so that no logger prints it. */
  declare readonly body: unknown;

  constructor(call: Call, status: number, problem: string, body?: unknown) {
    super(
      "unexpected-response",
      `The response is not what the API documents: ${problem}. ${errorCodes["unexpected-response"].remedy} ` +
        show(call, status),
    );
    Object.defineProperty(this, "body", { value: body, enumerable: false });
  }
}

/**
 * The API itself said that there is no such server. Only its documented error counts: a proxy's page with
 * status 404, or the 404 of a path that does not exist, says nothing about a server.
 */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === "not-found";
}

function show({ method, path, attempt = 1 }: Call, status?: number): string {
  const returned = status ? ` returned ${status}` : "";
  return `(${method} ${path}${returned}${attempt > 1 ? `; tried ${attempt} times` : ""})`;
}

/** A 4xx in JSON is a refusal; HTML may come from anywhere. On a 401, the request was never carried out. */
function isRefusal({ status, shape }: Refusal): boolean {
  return status === 401 || (status >= 400 && status < 500 && shape !== "other");
}

function codeOf({ path }: Call, refusal: Refusal): ErrorCode {
  const { status, shape } = refusal;
  if (status === 429) return "rate-limited";
  if (status >= 500 || status === 408 || status === 425) return "api-unavailable";
  if (!isRefusal(refusal)) return "unexpected-response";
  if (status === 404) return shape === "api" && isServerPath(path) ? "not-found" : "unexpected-response";
  const codes: Readonly<Record<number, ErrorCode>> = {
    401: "unauthorized",
    403: "forbidden",
    409: "conflict",
  };
  return codes[status] ?? "bad-request";
}

/** Whether the path names a server, so that a 404 can be about that server. */
function isServerPath(path: string): boolean {
  return /\/servers\/[^/]/.test(path);
}
