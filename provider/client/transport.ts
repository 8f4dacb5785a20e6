import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { isLoopback, VERSION } from "../spec";
import {
  AnswerMismatchError,
  type Call,
  CancelledError,
  NetworkError,
  PostjectError,
  TimeoutError,
} from "./errors";
import { loadHttp } from "./load-http";

export interface HttpRequest {
  readonly call: Call;
  readonly body?: string;
  /** Ends the request after this time. */
  readonly timeoutMs: number;
  /** Ends the request earlier. */
  readonly cancelled?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
}

/** Sends one request once. Rejects with NetworkError, TimeoutError, CancelledError or AnswerMismatchError (too large). */
export type Transport = (request: HttpRequest) => Promise<HttpAnswer>;

export interface TransportOptions {
  readonly endpoint: string;
  readonly accessToken: string;
  /** Takes secrets out of text that ends up in messages. */
  readonly redact: (text: string) => string;
}

/** More than any documented answer: a list of 80,000 servers. Reading stops here, so memory stays flat. */
const ANSWER_LIMIT_BYTES = 16 * 1024 * 1024;

/** Upper bound of open connections: the engine's `--parallel` is four per core unless it is asked for more. */
const CONNECTIONS = 64;

const CONNECT_TIMEOUT_MS = 10_000;

/** Codes of failures that come before a connection is made, so that the request cannot have been sent. */
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** TLS failures of trust come before the request as well, and trying again does not change them. */
const NOT_TRUSTED = /^(ERR_TLS_CERT_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;

/** Opens the way to the API: one pool of connections, the proxy of the environment, no redirects, bounded answers. */
export function createTransport({ endpoint, accessToken, redact }: TransportOptions): Transport {
  const { origin, hostname, pathname } = new URL(endpoint);
  const basePath = pathname === "/" ? "" : pathname;
  const headers = {
    authorization: `Bearer ${accessToken}`,
    accept: "application/json",
    "user-agent": `pulumi-postject/${VERSION}`,
  };
  let dispatcher: Dispatcher | undefined;

  return async (request) => {
    const { call, body } = request;
    dispatcher ??= openDispatcher(hostname);
    return exchange(
      dispatcher,
      {
        origin,
        path: basePath + call.path,
        method: call.method,
        headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
        body: body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      request,
      (failure) => explain(failure, call, origin, redact),
    );
  };
}

/** One request and its answer. A handler takes half the CPU of undici's `request()`, which makes a stream of each answer. */
function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  { call, timeoutMs, cancelled }: HttpRequest,
  explainFailure: (failure: Failure) => Error,
): Promise<HttpAnswer> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    let controller: Dispatcher.DispatchController | undefined;
    let stopped: Error | undefined;
    const stop = (reason: Error) => {
      stopped = reason;
      release();
      fail(reason);
      controller?.abort(reason);
    };
    const cancel = () => stop(new CancelledError(call));
    const timer = setTimeout(() => stop(new TimeoutError(call, timeoutMs)), timeoutMs);
    const release = () => {
      clearTimeout(timer);
      cancelled?.removeEventListener("abort", cancel);
    };
    cancelled?.addEventListener("abort", cancel, { once: true });
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        // Stopped while it waited for a connection: it is never sent.
        if (stopped !== undefined) started.abort(stopped);
      },
      onResponseStart(_, answeredStatus, answeredHeaders) {
        status = answeredStatus;
        headers = answeredHeaders;
      },
      onResponseData(_, chunk) {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= ANSWER_LIMIT_BYTES) return;
        stop(
          new AnswerMismatchError(call, status, `it is larger than ${ANSWER_LIMIT_BYTES / 1024 ** 2} MiB`),
        );
      },
      onResponseEnd() {
        release();
        const header = (name: string) => [headers[name]].flat()[0];
        done({ status, header, text: Buffer.concat(chunks).toString("utf8") });
      },
      onResponseError(_, failure) {
        release();
        fail(explainFailure(failure));
      },
    });
  });
}

function openDispatcher(hostname: string): Dispatcher {
  const { Agent, EnvHttpProxyAgent } = loadHttp();
  const options = { connections: CONNECTIONS, connect: { timeout: CONNECT_TIMEOUT_MS } };
  if (isLoopback(hostname)) return new Agent(options);
  try {
    return new EnvHttpProxyAgent(options);
  } catch {
    // The value is not shown: it may hold a password.
    throw new PostjectError(
      "configuration-invalid",
      "HTTPS_PROXY or HTTP_PROXY is set to what is no URL; a proxy is given as http://host:port.",
    );
  }
}

/** The same codes can come from a connection that was made: only while connecting do they prove that nothing was sent. */
function cameBeforeConnection(error: Failure): boolean {
  const { code = "", errors: attempts = [error] } = error;
  if (!NOT_CONNECTED.has(code)) return false;
  return (
    code.startsWith("UND_ERR_") ||
    attempts.every(({ syscall }) => syscall === "connect" || syscall === "getaddrinfo")
  );
}

/** What Node.js and undici tell of a failure; several addresses of one host fail together, each in `errors`. */
type Failure = NodeJS.ErrnoException & { readonly errors?: readonly NodeJS.ErrnoException[] };

function explain(failure: Failure, call: Call, origin: string, redact: (text: string) => string): Error {
  const { code = "", message } = failure;
  if (code === "UND_ERR_HEADERS_OVERFLOW")
    return new AnswerMismatchError(call, 0, "its headers are too large");
  const isTrust = NOT_TRUSTED.test(code);
  return new NetworkError(call, origin, {
    mayHaveArrived: !isTrust && !cameBeforeConnection(failure),
    mayPass: !isTrust,
    reason: redact(message.includes(code) ? message : `${code}: ${message}`),
    cause: failure,
  });
}
