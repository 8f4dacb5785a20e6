import { type ErrorCode, errorCodes, type Route, withCode } from "../spec";

/** An error that a user can act on: its message says what happened, to what, and what to do next. It holds no secret. */
export class PostjectError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(withCode(message, code), options);
    this.name = new.target.name;
  }
}

/** One call as messages show it. */
export type Call = Pick<Route, "method" | "path">;

/** The API's own words are quoted up to here. */
const QUOTE_LIMIT = 256;

/** The API answered, with a status that is not success. */
export class ApiError extends PostjectError {
  readonly status: number;
  readonly call: Call;
  /** What the API said, with secrets taken out, cut at 256 characters; undefined where it did not speak as the API does. */
  readonly apiMessage: string | undefined;
  /** From `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    call: Call,
    answer: {
      status: number;
      apiMessage: string | undefined;
      retryAfterMs?: number | undefined;
      hint?: string;
    },
  ) {
    const code = codeOf(answer.status, answer.apiMessage !== undefined);
    const apiMessage = answer.apiMessage?.slice(0, QUOTE_LIMIT);
    const said = apiMessage ? `Postject says: "${apiMessage}".` : errorCodes[code].meaning;
    const { retryAfterMs } = answer;
    const wait =
      retryAfterMs === undefined ? "" : ` It asks for a pause of ${Math.ceil(retryAfterMs / 1000)} s.`;
    super(
      code,
      `${said}${wait} ${answer.hint ?? errorCodes[code].remedy} (${show(call)} answered ${answer.status})`,
    );
    this.status = answer.status;
    this.call = call;
    this.apiMessage = apiMessage;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came, because no connection was made or it broke. */
export class NetworkError extends PostjectError {
  /** False only where it is certain that the API never saw the request. */
  readonly mayHaveArrived: boolean;
  /** False where a further try would end the same way, as for a certificate that is not trusted. */
  readonly mayPass: boolean;

  constructor(
    call: Call,
    origin: string,
    failure: { mayHaveArrived: boolean; mayPass: boolean; cause: Error; reason: string },
  ) {
    super(
      "network",
      `Cannot reach ${origin}: ${failure.reason}. ${errorCodes.network.remedy} (${show(call)})`,
      {
        cause: failure.cause,
      },
    );
    this.mayHaveArrived = failure.mayHaveArrived;
    this.mayPass = failure.mayPass;
  }
}

/** A request took longer than it may, or the time of the whole operation was up before it was sent. */
export class TimeoutError extends PostjectError {
  /** False only where it is certain that the API never saw the request. */
  readonly mayHaveArrived: boolean;

  constructor(call: Call, waitedMs: number | undefined) {
    const what =
      waitedMs === undefined
        ? "The operation's time was up before this was sent."
        : `No answer within ${(waitedMs / 1000).toFixed(1)} s.`;
    super("timeout", `${what} ${errorCodes.timeout.remedy} (${show(call)})`);
    this.mayHaveArrived = waitedMs !== undefined;
  }
}

/** The run was cancelled while an operation waited. */
export class CancelledError extends PostjectError {
  constructor(call: Call) {
    super("cancelled", `${errorCodes.cancelled.meaning} ${errorCodes.cancelled.remedy} (${show(call)})`);
  }
}

/** A success status whose body is not what the contract says. */
export class AnswerMismatchError extends PostjectError {
  /** What could be parsed as JSON, to save from it what can be saved; may hold secrets. Not enumerable, so no logger prints it. */
  declare readonly body: unknown;

  constructor(call: Call, status: number, problem: string, body?: unknown) {
    super(
      "unexpected-answer",
      `The answer is not what the API documents: ${problem}. ${errorCodes["unexpected-answer"].remedy} ` +
        `(${show(call)} answered ${status})`,
    );
    Object.defineProperty(this, "body", { value: body, enumerable: false });
  }
}

/** The API itself said that there is no such server. A proxy's HTML page with status 404 is not that. */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === "not-found";
}

function show(call: Call): string {
  return `${call.method} ${call.path}`;
}

function codeOf(status: number, spokenByApi: boolean): ErrorCode {
  if (status === 429) return "rate-limited";
  if (status >= 500) return "api-unavailable";
  if (status < 400 || !spokenByApi) return "unexpected-answer";
  const codes: Readonly<Record<number, ErrorCode>> = {
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
  };
  return codes[status] ?? "bad-request";
}
