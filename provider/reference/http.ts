import { createServer, type IncomingMessage, maxHeaderSize, type Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type HttpResponse, RefusedError, refuse } from "./responses";

export interface HttpOptions {
  /**
   * How long a client may take to send a request's head, and the whole request. The default, 30 seconds, leaves time for a slow
   * connection and ends one that is kept open by sending bytes slowly.
   */
  readonly requestTimeoutMs?: number;
  /** The time for the `Date` header of responses; by default the system's. */
  readonly now?: () => number;
}

/** Far above any documented body: `{"name": …}`. */
const BODY_LIMIT_BYTES = 100 * 1024;

/**
 * A server that hands well-formed requests to `handle`. It responds to all others itself, in the API's error shape: those that
 * cannot be parsed (400), take too long (408) or have too large a head (431).
 */
export function createHttpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { requestTimeoutMs = 30_000, now = Date.now }: HttpOptions = {},
): Server {
  const date = () => new Date(now()).toUTCString();
  /** The last response of each connection. */
  const responses = new WeakMap<Duplex, ServerResponse>();
  const server = createServer(
    {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs / 2),
      // Node.js would refuse with an empty body; ours has the API's shape.
      requireHostHeader: false,
      ServerResponse: class extends ServerResponse {
        // Every response passes here when its head is sent, including those that a fault sends late.
        override writeHead(statusCode: number, ...rest: never[]): this {
          if (!this.hasHeader("date")) this.setHeader("date", date());
          return super.writeHead(statusCode, ...rest);
        }
      },
    },
    (request, response) => {
      responses.set(request.socket, response);
      if (request.headers.host === undefined && request.httpVersion === "1.1")
        return send(response, refuse(400, "The Host header is missing"));
      handle(request, response).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
    },
  );
  server.on("checkExpectation", (_, response: ServerResponse) =>
    send(response, refuse(417, "Only `Expect: 100-continue` is supported")),
  );
  server.on("connect", (_, socket) =>
    refuseOnSocket(socket, refuse(405, "This server is not a proxy", { allow: "GET", date: date() })),
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const refuseNow = () => refuseOnSocket(socket, describeClientError(error.code, date()));
    const response = responses.get(socket);
    if (response === undefined || response.writableFinished) refuseNow();
    // The next request on the connection is the unreadable one; responses keep the order of the requests.
    else if (response.req.complete) response.once("finish", refuseNow);
    else if (response.headersSent) socket.destroy();
    else refuseNow();
  });
  return server;
}

function describeClientError(code: string | undefined, date: string): HttpResponse {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return refuse(408, "The request took too long to arrive", { date });
  if (code === "HPE_HEADER_OVERFLOW")
    return refuse(431, `The request's headers are larger than ${maxHeaderSize} bytes`, { date });
  return refuse(400, "The request is not valid HTTP", { date });
}

/** Responds on a connection that can carry no further request. */
function refuseOnSocket(socket: Duplex, { status, body, headers }: HttpResponse): void {
  if (!socket.writable) return void socket.destroy();
  const text = JSON.stringify(body);
  const lines = Object.entries({
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // The client may read this before the connection closes: for a while, whatever it still sends is dropped.
  socket.on("error", () => {}).resume();
  socket.end(`HTTP/1.1 ${status} ${(body as { error: string }).error}\r\n${lines.join("")}\r\n${text}`);
  setTimeout(() => socket.destroy(), 1000).unref();
}

export function send(response: ServerResponse, { status, body, headers }: HttpResponse): void {
  const isJson = typeof body !== "string" && !(body instanceof Uint8Array);
  const bytes = body === undefined ? "" : isJson ? JSON.stringify(body) : body;
  response.writeHead(status, {
    ...(body !== undefined && { "content-type": isJson ? "application/json; charset=utf-8" : "text/html" }),
    // 204 allows no content-length.
    ...(status !== 204 && { "content-length": Buffer.byteLength(bytes) }),
    ...headers,
  });
  response.end(bytes);
}

/** What a request is for. */
export interface Target {
  readonly path: string;
  /** Whatever follows the `?`, not yet parsed. */
  readonly query: string;
  readonly host: string | undefined;
}

/** Reads a request's target in either form: `/path?query` or `http://host/path?query`. */
export function readTarget({ url = "/", headers }: IncomingMessage): Target {
  const [, authority, path = "", query = ""] =
    /^(?:https?:\/\/([^/?#]+))?([^?#]*)\??([^#]*)/i.exec(url) ?? [];
  return { path: path || "/", query, host: authority ?? headers.host };
}

/** Reads a request's JSON body. Throws a RefusedError: 415, 413 or 400. */
export async function readJson(request: IncomingMessage, limitBytes = BODY_LIMIT_BYTES): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? ""))
    throw new RefusedError(415, "The body must be JSON: send `Content-Type: application/json`");
  const bytes = await readBody(request, limitBytes);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new RefusedError(400, "The body is not valid JSON");
  }
}

function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      // The rest is read and dropped: closing a connection with unread data can lose the response.
      else fail(new RefusedError(413, "The body is too large"));
    });
    request.on("end", () => done(Buffer.concat(chunks)));
    // The connection broke, or the server has refused the request on it already: nobody receives this.
    request.on("error", () => fail(new RefusedError(400, "The body is incomplete")));
  });
}
