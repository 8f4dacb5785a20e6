import type { Dispatcher } from "undici";
import { isLoopback, VERSION } from "../spec";
import {
  type Call,
  CancelledError,
  NetworkError,
  PostjectError,
  ResponseMismatchError,
  TimeoutError,
} from "./errors";
import { loadHttp } from "./load-http";
import type { Quote } from "./quote";

export interface HttpResponse {
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
}

/**
 * Sends one request once; a body is sent as JSON. Rejects with a NetworkError, a ResponseMismatchError (too
 * large) or, if the signal aborts, a TimeoutError or CancelledError.
 */
export type Transport = (call: Call, body: unknown, signal: AbortSignal) => Promise<HttpResponse>;

export interface TransportOptions {
  readonly endpoint: string;
  readonly accessToken: string;
  /** Makes text of the network fit for a message. */
  readonly quote: Quote;
}

/** More than any documented response: a list of 80,000 servers. Reading stops here, so memory stays flat. */
const RESPONSE_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Upper bound of open connections. The engine's `--parallel` is four per core unless it is asked for more: a
 * request should not have to wait for a connection, because waiting counts against its timeout.
 */
const CONNECTIONS = 256;

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
  // Of the proxy's response to CONNECT alone: the request itself has no such limit.
  "UND_ERR_HEADERS_TIMEOUT",
]);

/** An untrusted certificate also ends the connection before the request, and a retry does not change that. */
const NOT_TRUSTED = /^(ERR_TLS_CERT_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;

/** Connects to the API: one connection pool, the environment's proxy, no redirects, bounded responses. */
export function createTransport({ endpoint, accessToken, quote }: TransportOptions): Transport {
  const { origin, hostname, pathname } = new URL(endpoint);
  const basePath = pathname === "/" ? "" : pathname;
  const headers = {
    authorization: `Bearer ${accessToken}`,
    accept: "application/json",
    // Nothing here decompresses; without this header a gateway may compress what it likes (RFC 9110, 12.5.3).
    "accept-encoding": "identity",
    "user-agent": `pulumi-postject/${VERSION}`,
  };
  let dispatcher: Dispatcher | undefined;

  return async (call, body, signal) => {
    dispatcher ??= openDispatcher(hostname);
    const startedAt = performance.now();
    try {
      const request = dispatcher.request({
        origin,
        path: basePath + call.path,
        method: call.method,
        headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal,
        // The signal ends it.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      // undici looks at the signal only once there is a connection; a request given up before is never sent.
      const response = await Promise.race([request, rejectOnAbort(signal)]);
      const header = (name: string) => {
        const value = response.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      };
      const status = response.statusCode;
      return { status, header, text: await readText(call, status, response.body) };
    } catch (failure) {
      if (failure instanceof PostjectError) throw failure;
      if (signal.aborted)
        throw isTimeout(signal.reason)
          ? new TimeoutError(call, performance.now() - startedAt)
          : new CancelledError(call);
      throw explain(failure as Failure, call, origin, quote);
    }
  };
}

/** Tells a timeout's reason from that of a cancelled run. */
function isTimeout(reason: DOMException | undefined): boolean {
  return reason?.name === "TimeoutError";
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    signal.addEventListener("abort", () => fail(signal.reason), { once: true });
    if (signal.aborted) fail(signal.reason);
  });
}

/** Reads a body up to the limit. One buffer takes all pieces, since a body may come in very small ones. */
async function readText(call: Call, status: number, body: AsyncIterable<Buffer>): Promise<string> {
  let bytes = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of body) {
    if (size + chunk.length > RESPONSE_LIMIT_BYTES) {
      const limit = `${RESPONSE_LIMIT_BYTES / 1024 ** 2} MiB`;
      throw new ResponseMismatchError(call, status, `it is larger than ${limit}`);
    }
    if (size + chunk.length > bytes.length) {
      const larger = Buffer.alloc(2 * (size + chunk.length));
      bytes.copy(larger, 0, 0, size);
      bytes = larger;
    }
    size += chunk.copy(bytes, size);
  }
  // A decoder drops the byte order mark that some gateways put before JSON.
  return new TextDecoder().decode(bytes.subarray(0, size));
}

function openDispatcher(hostname: string): Dispatcher {
  const { Agent, EnvHttpProxyAgent, Pool } = loadHttp();
  const options = { connections: CONNECTIONS, connect: { timeout: CONNECT_TIMEOUT_MS } };
  if (isLoopback(hostname)) return new Agent(options);
  try {
    return new EnvHttpProxyAgent({
      ...options,
      // A proxy that says nothing to CONNECT must not hold a connection open for good.
      clientFactory: (origin, poolOptions) =>
        new Pool(origin, { ...poolOptions, headersTimeout: CONNECT_TIMEOUT_MS }),
    });
  } catch {
    // The value is not shown: it may hold a password.
    throw new PostjectError(
      "configuration-invalid",
      "HTTPS_PROXY or HTTP_PROXY is not a URL. A proxy is given as http://host:port.",
    );
  }
}

/** An open connection can fail with the same codes: only while connecting do they prove nothing was sent. */
function cameBeforeConnection(error: Failure): boolean {
  const { code = "", errors: attempts = [error] } = error;
  // The proxy refused to open a tunnel.
  if (error.message.includes("HTTP Tunneling")) return true;
  if (!NOT_CONNECTED.has(code)) return false;
  return (
    code.startsWith("UND_ERR_") ||
    attempts.every(({ syscall }) => syscall === "connect" || syscall === "getaddrinfo")
  );
}

/** How Node.js and undici report a failure; several addresses of one host fail together, each in `errors`. */
type Failure = NodeJS.ErrnoException & { readonly errors?: readonly NodeJS.ErrnoException[] };

function explain(failure: Failure, call: Call, origin: string, quote: Quote): Error {
  const { code = "", message } = failure;
  if (code === "UND_ERR_HEADERS_OVERFLOW")
    return new ResponseMismatchError(call, 0, "its headers are too large");
  const isTrust = NOT_TRUSTED.test(code);
  // Such as 407: the proxy wants a password, or does not let anybody through to this host.
  const isRefusedByProxy = /^Proxy response \(4\d\d\)/.test(message);
  return new NetworkError(call, origin, {
    mayHaveArrived: !isTrust && !cameBeforeConnection(failure),
    isTransient: !isTrust && !isRefusedByProxy,
    reason: quote(message.includes(code) ? message : `${code}: ${message}`),
    cause: failure,
  });
}
