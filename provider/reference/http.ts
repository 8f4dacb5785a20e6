import { createServer, type IncomingMessage, maxHeaderSize, type Server, ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { type Answer, RefusedError, refuse } from "./answers";

export interface HttpOptions {
  /**
   * How long a client may take to send a request's head, and the whole request. 30 seconds unless given: a slow client over a
   * bad line still makes it; one that drips to keep a connection does not.
   */
  readonly requestTimeoutMs?: number;
  /** The time for the `Date` header of responses; the system's unless given. */
  readonly now?: () => number;
}

/** Far above any documented body: `{"name": …}`. */
const BODY_LIMIT_BYTES = 100 * 1024;

/** Why the rest of a request will not come. */
const broken = new WeakMap<IncomingMessage, RefusedError>();

/**
 * A server that hands well-formed requests on, and answers all others in the API's error shape itself: what cannot be
 * parsed (400), takes too long (408) or has too large a head (431).
 */
export function createHttpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { requestTimeoutMs = 30_000, now = Date.now }: HttpOptions = {},
): Server {
  const date = () => new Date(now()).toUTCString();
  const sendRawDated = (socket: Duplex, refusal: Answer) =>
    sendRaw(socket, { ...refusal, headers: { date: date(), ...refusal.headers } });
  /** The last request of each connection, and its response. */
  const exchanges = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  const server = createServer(
    {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs / 2),
      // We say it ourselves, in the API's shape.
      requireHostHeader: false,
      ServerResponse: class extends ServerResponse {
        // Every response passes here when its head is sent, also those that a fault sends late.
        override writeHead(statusCode: number, ...rest: never[]): this {
          if (!this.hasHeader("date")) this.setHeader("date", date());
          return super.writeHead(statusCode, ...rest);
        }
      },
    },
    (request, response) => {
      exchanges.set(request.socket, { request, response });
      if (request.headers.host === undefined && request.httpVersion === "1.1")
        return send(response, refuse(400, "The Host header is missing"));
      handle(request, response).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
    },
  );
  server.on("checkExpectation", (_, response: ServerResponse) =>
    send(response, refuse(417, "The only expectation that is met is 100-continue")),
  );
  server.on("connect", (_, socket) =>
    sendRawDated(socket, refuse(405, "This is no proxy", { allow: "GET" })),
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const refusal = refusalOf(error.code);
    const answerNow = () => sendRawDated(socket, refuse(refusal.status, refusal.reasons));
    const { request, response } = exchanges.get(socket) ?? {};
    if (request === undefined || response === undefined) answerNow();
    else if (request.complete) {
      // It is the next request that is unreadable; answers come in the order of the requests.
      if (response.writableFinished) answerNow();
      else response.once("finish", answerNow);
    } else if (response.headersSent) socket.destroy();
    else {
      // The body is broken: whoever reads it is told, and the connection ends with the answer.
      response.shouldKeepAlive = false;
      broken.set(request, refusal);
      if (request.listenerCount("error") > 0) request.emit("error", refusal);
    }
  });
  return server;
}

function refusalOf(code: string | undefined): RefusedError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new RefusedError(408, "The request took too long to arrive");
  if (code === "HPE_HEADER_OVERFLOW")
    return new RefusedError(431, `The request's headers are larger than ${maxHeaderSize} bytes`);
  return new RefusedError(400, "The request is not valid HTTP");
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

/** The URL at which programs of this machine reach what listens on an address or name. */
export function urlOf(host: string, port: number): string {
  const name = host.replace(/^0\.0\.0\.0$/, "127.0.0.1").replace(/^::$/, "::1");
  return `http://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
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

/** The JSON of a request's body. Throws a RefusedError: 415, 413, 400, or 408 where it does not come. */
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
    const refusal = broken.get(request);
    if (refusal !== undefined) return fail(refusal);
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      // The rest is read and dropped: a connection that is closed on unread data loses the answer.
      else fail(new RefusedError(413, "The body is too large"));
    });
    request.on("end", () => done(Buffer.concat(chunks)));
    request.on("error", fail);
  });
}
