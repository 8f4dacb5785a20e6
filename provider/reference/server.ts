import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RouteName } from "../spec";
import { messages } from "../spec/messages";
import { type AccessTokenOptions, type Account, createAccounts } from "./accounts";
import { type Answer, operations, refuse } from "./operations";
import { findRoute } from "./router";
import { createStore, type StoredServer } from "./store";

export interface ReferenceOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Of the first account; `professional`, without a limit, unless given. */
  readonly plan?: Account["plan"];
  /** Agreed number of servers of the first account, for the plan `scale`. */
  readonly serverLimit?: number;
}

/** One request as it was received and what was done with it. Holds no token. */
export interface LoggedRequest {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** The route of the spec; undefined for any other path. */
  readonly route: RouteName | undefined;
  readonly accountId: string | undefined;
  readonly userAgent: string | undefined;
  readonly status: number;
}

export interface Reference {
  /** What programs configure as `endpoint`. */
  readonly url: string;
  /** An access token of the first account, good for a day. */
  readonly accessToken: string;
  readonly account: Account;
  /** All accounts' servers in the order they were made. */
  servers(): StoredServer[];
  /** The request log, oldest first, narrowed to what has the given values. */
  requests(filter?: Partial<Pick<LoggedRequest, "method" | "route" | "path" | "status">>): LoggedRequest[];
  /** Forgets servers and requests; accounts and tokens stay. */
  reset(): void;
  addAccount(options?: { plan?: Account["plan"]; serverLimit?: number }): Account;
  mintAccessToken(account?: Account, options?: AccessTokenOptions): Promise<string>;
  /** Renames a server, which the API itself cannot do. */
  rename(id: string, name: string): void;
  /** Ends all connections and frees the port. */
  stop(): Promise<void>;
}

/** Far above any documented body: `{"name": …}`. */
const BODY_LIMIT_BYTES = 100 * 1024;

const ONE_DAY_SECONDS = 24 * 60 * 60;

/**
 * Starts a reference API on this machine's loopback address; several may run in one process.
 * Rejects with the system's error (`EADDRINUSE`, `EACCES`) where the port cannot be had.
 */
export async function startReference(options: ReferenceOptions = {}): Promise<Reference> {
  const { port = 0, ...first } = options;
  const accounts = createAccounts();
  const store = createStore();
  const account = accounts.add(first);
  const log: LoggedRequest[] = [];

  async function answer(
    request: IncomingMessage,
    seen: { route?: RouteName; accountId?: string },
  ): Promise<Answer> {
    const { method = "GET", url = "/" } = request;
    const path = url.split("?")[0] ?? "/";
    const routing = findRoute(method === "HEAD" ? "GET" : method, path);
    if (routing === undefined) return refuse(404, `Cannot ${method} ${path}`);
    if ("allow" in routing) {
      const allow = { allow: routing.allow.join(", ") };
      if (method === "OPTIONS") return { status: 204, body: undefined, headers: allow };
      return refuse(405, `Cannot ${method} ${path}`, allow);
    }
    seen.route = routing.route;
    const caller = await accounts.authenticate(request.headers.authorization);
    if ("refusal" in caller) return refuse(401, caller.refusal, { "www-authenticate": "Bearer" });
    seen.accountId = caller.id;
    const received =
      messages[routing.route].body === undefined ? { json: undefined } : await readJson(request);
    if ("refusal" in received) return received.refusal;
    const done = operations[routing.route]({ account: caller, id: routing.id, body: received.json, store });
    if (done.status < 300) messages[routing.route].answer.parse(done.body);
    return done;
  }

  const server = createServer(async (request, response) => {
    const seen: { route?: RouteName; accountId?: string } = {};
    const result = await answer(request, seen).catch((error: unknown) => {
      console.error(error);
      return refuse(500, "Internal server error");
    });
    log.push({
      at: new Date().toISOString(),
      method: request.method ?? "",
      path: request.url ?? "",
      route: seen.route,
      accountId: seen.accountId,
      userAgent: request.headers["user-agent"],
      status: result.status,
    });
    send(response, result);
  });

  await listen(server, port);
  const { port: actualPort } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${actualPort}`;
  return {
    url,
    account,
    accessToken: await accounts.mintAccessToken(account, { expiresInSeconds: ONE_DAY_SECONDS }),
    servers: () => store.list(),
    requests: (filter = {}) =>
      log.filter((entry) =>
        Object.entries(filter).every(([key, value]) => entry[key as keyof LoggedRequest] === value),
      ),
    reset() {
      store.clear();
      log.length = 0;
    },
    addAccount: (accountOptions) => accounts.add(accountOptions),
    mintAccessToken: (of = account, tokenOptions = {}) => accounts.mintAccessToken(of, tokenOptions),
    rename: (id, name) => store.rename(id, name),
    async stop() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", () => done());
  });
}

async function readJson(request: IncomingMessage): Promise<{ json: unknown } | { refusal: Answer }> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    return { refusal: refuse(415, "The body must be JSON: send `Content-Type: application/json`") };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What is left is not read: the connection ends with the answer.
    if (size > BODY_LIMIT_BYTES)
      return { refusal: refuse(413, "The body is too large", { connection: "close" }) };
    chunks.push(chunk);
  }
  try {
    return { json: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks))) };
  } catch {
    return { refusal: refuse(400, "The body is not valid JSON") };
  }
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, {
    ...(body !== undefined && { "content-type": "application/json; charset=utf-8" }),
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
