import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RouteName } from "../spec";
import { messages } from "../spec/messages";
import { type AccessTokenOptions, type Account, createAccounts } from "./accounts";
import { createFaults, type Fault, type FaultRule, type Faults, faultRule, sendFaulty } from "./faults";
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
  /** What was answered; undefined where a fault took the answer's place. */
  readonly status: number | undefined;
  /** The fault that the request met. */
  readonly fault: FaultRule["outcome"]["kind"] | undefined;
}

/** What is known of a request while it is answered. */
interface Seen {
  route?: RouteName;
  accountId?: string;
  fault?: Fault;
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
  /** What goes wrong on purpose. */
  readonly faults: Faults;
  /** Forgets servers, requests and faults; accounts and tokens stay. */
  reset(): void;
  addAccount(options?: { plan?: Account["plan"]; serverLimit?: number }): Account;
  mintAccessToken(account?: Account, options?: AccessTokenOptions): Promise<string>;
  /** Renames a server, which the API itself cannot do. */
  rename(id: string, name: string): void;
  /** Ends all connections and frees the port. */
  stop(): Promise<void>;
}

/** Outside `/v1`, so that it can never be taken for a route of Postject's. */
const FAULTS_PATH = "/_reference/faults";

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
  const faults = createFaults();
  const log: LoggedRequest[] = [];

  async function answer(request: IncomingMessage, seen: Seen): Promise<Answer> {
    const { method = "GET", url = "/" } = request;
    const path = url.split("?")[0] ?? "/";
    if (path === FAULTS_PATH) return answerFaults(request);
    const routing = findRoute(method === "HEAD" ? "GET" : method, path);
    if (routing === undefined) return refuse(404, `Cannot ${method} ${path}`);
    if ("allow" in routing) {
      const allow = { allow: routing.allow.join(", ") };
      if (method === "OPTIONS") return { status: 204, body: undefined, headers: allow };
      return refuse(405, `Cannot ${method} ${path}`, allow);
    }
    seen.route = routing.route;
    const fault = faults.take(routing.route);
    if (fault !== undefined) seen.fault = fault;
    const caller = await accounts.authenticate(request.headers.authorization);
    if ("refusal" in caller) return refuse(401, caller.refusal, { "www-authenticate": "Bearer" });
    seen.accountId = caller.id;
    const received =
      messages[routing.route].body === undefined ? { json: undefined } : await readJson(request);
    if ("refusal" in received) return received.refusal;
    if (fault?.commit === false) return refuse(500, "Not carried out");
    const done = operations[routing.route]({ account: caller, id: routing.id, body: received.json, store });
    if (fault?.outcome.kind === "stale") return withoutNewer(done, fault.addedAt);
    if (done.status < 300) messages[routing.route].answer.parse(done.body);
    return done;
  }

  /** The faults over HTTP, for tests in other processes: POST adds a rule, DELETE forgets all. */
  async function answerFaults(request: IncomingMessage): Promise<Answer> {
    if (request.method === "DELETE") {
      faults.clear();
      return { status: 204, body: undefined };
    }
    if (request.method !== "POST")
      return refuse(405, `Cannot ${request.method} ${FAULTS_PATH}`, { allow: "POST, DELETE" });
    const received = await readJson(request);
    if ("refusal" in received) return received.refusal;
    const rule = faultRule.safeParse(received.json);
    if (!rule.success)
      return refuse(
        400,
        rule.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
      );
    faults.add(rule.data);
    return { status: 201, body: rule.data };
  }

  const server = createServer(async (request, response) => {
    const seen: Seen = {};
    const right = await answer(request, seen).catch((error: unknown) => {
      // A client that went away in the middle of its body is no defect.
      if (!request.destroyed) console.error(error);
      return refuse(500, "Internal server error");
    });
    const outcome = seen.fault?.outcome;
    log.push({
      at: new Date().toISOString(),
      method: request.method ?? "",
      path: request.url ?? "",
      route: seen.route,
      accountId: seen.accountId,
      userAgent: request.headers["user-agent"],
      status: outcome === undefined ? right.status : outcome.kind === "answer" ? outcome.status : undefined,
      fault: outcome?.kind,
    });
    if (outcome === undefined) send(response, right);
    else await sendFaulty(response, right, outcome, send);
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
    faults: { add: faults.add, clear: faults.clear },
    reset() {
      store.clear();
      faults.clear();
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

/** A list without the servers made after a time. */
function withoutNewer(answer: Answer, time: string): Answer {
  const servers = answer.body as { createdAt: string }[];
  return Array.isArray(servers)
    ? { ...answer, body: servers.filter(({ createdAt }) => createdAt < time) }
    : answer;
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const isText = typeof body === "string";
  const text = body === undefined ? "" : isText ? body : JSON.stringify(body);
  response.writeHead(status, {
    ...(body !== undefined && { "content-type": isText ? "text/html" : "application/json; charset=utf-8" }),
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
