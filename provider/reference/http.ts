import {
  createServer,
  type IncomingMessage,
  maxHeaderSize,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { type Answer, refuse } from "./answers";

export interface HttpLimits {
  /** How long a client may take to send a request's head, and the whole request. */
  readonly requestTimeoutMs: number;
}

/** A slow client over a bad line still makes it; one that drips to keep a connection does not. */
const LIMITS: HttpLimits = { requestTimeoutMs: 30_000 };

/** Far above any documented body: `{"name": …}`. */
export const BODY_LIMIT_BYTES = 100 * 1024;

/**
 * A server that hands well-formed requests on, and answers all others in the API's error shape itself: what cannot be
 * parsed (400), takes too long (408) or has too large a head (431).
 */
export function createHttpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { requestTimeoutMs }: HttpLimits = LIMITS,
): Server {
  /** The response that a connection is waiting for. */
  const pending = new WeakMap<Duplex, ServerResponse>();
  const server = createServer(
    {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs / 2),
      // We say it ourselves, in the API's shape.
      requireHostHeader: false,
    },
    (request, response) => {
      pending.set(request.socket, response);
      if (request.headers.host === undefined && request.httpVersion === "1.1")
        return send(response, refuse(400, "The Host header is missing"));
      void handle(request, response);
    },
  );
  server.on("checkExpectation", (_, response: ServerResponse) =>
    send(response, refuse(417, "The only expectation that is met is 100-continue")),
  );
  server.on("connect", (_, socket) => sendRaw(socket, refuse(405, "This is no proxy", { allow: "GET" })));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const answer = refuseUnreadable(error.code);
    const response = pending.get(socket);
    // Answers come in the order of the requests, also on a connection whose next request is unreadable.
    if (response === undefined || response.writableFinished) sendRaw(socket, answer);
    else response.once("finish", () => sendRaw(socket, answer));
  });
  return server;
}

function refuseUnreadable(code: string | undefined): Answer {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return refuse(408, "The request took too long to arrive");
  if (code === "HPE_HEADER_OVERFLOW")
    return refuse(431, `The request's headers are larger than ${maxHeaderSize} bytes`);
  return refuse(400, "The request is not valid HTTP");
}

/** Answers on a connection that can carry no further request. */
function sendRaw(socket: Duplex, { status, body, headers }: Answer): void {
  if (!socket.writable) return void socket.destroy();
  const text = JSON.stringify(body);
  const lines = Object.entries({
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // Let it be read before the connection goes: what the client still sends is dropped, for a while.
  socket.on("error", () => {}).resume();
  socket.end(`HTTP/1.1 ${status} ${(body as { error: string }).error}\r\n${lines.join("")}\r\n${text}`);
  setTimeout(() => socket.destroy(), 1000).unref();
}

export function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const isJson = typeof body !== "string" && !(body instanceof Uint8Array);
  const bytes = body === undefined ? "" : isJson ? JSON.stringify(body) : body;
  response.writeHead(status, {
    ...(body !== undefined && { "content-type": isJson ? "application/json; charset=utf-8" : "text/html" }),
    // An answer without a body has no length either: 204 forbids it.
    ...(status !== 204 && { "content-length": Buffer.byteLength(bytes) }),
    ...headers,
  });
  response.end(bytes);
}

/** What a request is for. */
export interface Target {
  readonly path: string;
  /** What follows the `?`, not yet parsed. */
  readonly query: string;
  readonly host: string | undefined;
}

/** Reads a target however it is written: `/path?query` or `http://host/path?query`. */
export function readTarget({ url = "/", headers }: IncomingMessage): Target {
  const [, authority, path = "", query = ""] =
    /^(?:https?:\/\/([^/?#]+))?([^?#]*)\??([^#]*)/i.exec(url) ?? [];
  return { path: path || "/", query, host: authority ?? headers.host };
}

/** The JSON of a request's body, or the answer that refuses it: 415, 413 or 400. */
export async function readJson(
  request: IncomingMessage,
  limitBytes = BODY_LIMIT_BYTES,
): Promise<{ json: unknown } | { refusal: Answer }> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    return { refusal: refuse(415, "The body must be JSON: send `Content-Type: application/json`") };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    // The rest is read and dropped with the answer: a connection that is closed on unread data loses the answer.
    if (size > limitBytes) return { refusal: refuse(413, "The body is too large") };
    chunks.push(chunk);
  }
  try {
    return { json: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks))) };
  } catch {
    return { refusal: refuse(400, "The body is not valid JSON") };
  }
}
