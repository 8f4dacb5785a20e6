import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { type HttpResponse, RefusedError } from "./responses";

/** Far above any documented body: `{"name": …}`. */
const BODY_LIMIT_BYTES = 100 * 1024;

/** A server whose responses carry the time of `now` in their `Date` header. */
export function createHttpServer(
  now: () => number,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Server {
  class DatedResponse extends ServerResponse {
    // Every response passes here when its head is sent, including those that a fault sends late.
    override writeHead(statusCode: number, ...rest: never[]): this {
      if (!this.hasHeader("date")) this.setHeader("date", new Date(now()).toUTCString());
      return super.writeHead(statusCode, ...rest);
    }
  }
  return createServer({ ServerResponse: DatedResponse }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
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

/** A request's path, and its query as sent. The target may also be a whole URL (RFC 9112, 3.2.2). */
export function readTarget({ url = "/" }: IncomingMessage): {
  readonly path: string;
  readonly query: string;
} {
  const [, path = "", query = ""] = /^(?:https?:\/\/[^/?#]+)?([^?#]*)\??([^#]*)/i.exec(url) ?? [];
  return { path: path || "/", query };
}

/** Reads a request's JSON body. Throws a RefusedError: 415, 413 or 400. */
export async function readJson(request: IncomingMessage, limitBytes = BODY_LIMIT_BYTES): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? ""))
    throw new RefusedError(415, "The body must be JSON: send `Content-Type: application/json`");
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The excess is read and dropped: closing a connection with unread data can lose the response.
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
    }
  } catch {
    throw new RefusedError(400, "The client broke off the request");
  }
  if (size > limitBytes) throw new RefusedError(413, "The body is too large");
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new RefusedError(400, "The body is not valid JSON");
  }
}
