import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { serverName } from "../spec/messages";
import { type AccessTokenOptions, createAccessTokens } from "./access-tokens";
import { type Account, type AccountOptions, FIRST_ACCOUNT_ID, newAccount } from "./accounts";
import { type Answer, RefusedError, refuse } from "./answers";
import { createApi, type Seen } from "./api";
import { type Clock, createClock } from "./clock";
import { controlHost, createControl, isControlPath } from "./control";
import { createFaults, type FaultRule, type Faults, sendFaulty, statusOf } from "./faults";
import { createHttpServer, readTarget, send, urlOf } from "./http";
import { parse } from "./parse";
import { createRequestLog, type LoggedRequest, loggable, type RequestFilter } from "./request-log";
import {
  accountOptions,
  fromSnapshot,
  type Seed,
  type Snapshot,
  seed as seedSchema,
  snapshot as snapshotSchema,
  takeSnapshot,
  withSeed,
} from "./snapshot";
import { openSqliteStore } from "./sqlite-store";
import { copyServer, createMemoryStore, type Store, type StoredServer } from "./store";

/** How long `stop` waits for requests in flight. */
const STOP_MS = 1000;

export interface ReferenceOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Address or name to listen on; `127.0.0.1`, which only this machine reaches, unless given. */
  readonly host?: string;
  /** Of the first account; `professional`, without a limit, unless given. */
  readonly plan?: Account["plan"];
  /** Agreed number of servers of the first account, for the plan `scale`. */
  readonly serverLimit?: number;
  /** SQLite file that keeps accounts, servers and the signing secret; made if it is not there. In memory unless given. */
  readonly dataFile?: string;
  /** Added at the start, unless the data file holds servers already. */
  readonly seed?: Seed;
  /** What goes wrong from the start. */
  readonly faults?: readonly FaultRule[];
  /** Whether there are pages and a control plane under `/_reference/`; `true` unless given. */
  readonly control?: boolean;
  /**
   * Host names that the control plane takes beside addresses, `localhost` and `host`: those by which other containers reach
   * this one, for example. Any other name is refused, because a web page could have pointed it here (DNS rebinding).
   */
  readonly controlHosts?: readonly string[];
  /** Told of each request for the API, when it is answered. */
  readonly onRequest?: (request: LoggedRequest) => void;
}

export interface Reference {
  /** What programs configure as `endpoint`. */
  readonly url: string;
  /** An access token of the first account, good for 30 days. */
  readonly accessToken: string;
  /** The account that it started with. */
  readonly account: Account;
  /** All accounts in the order they were made. */
  accounts(): Account[];
  /** Servers in the order they were made, of all accounts unless one is named. */
  servers(accountId?: string): StoredServer[];
  /** The last 10,000 requests for the API, oldest first, narrowed to what has the given values. */
  requests(filter?: RequestFilter): LoggedRequest[];
  /** How many requests for the API there were. */
  requestCount(): number;
  /** What goes wrong on purpose. */
  readonly faults: Faults;
  /**
   * The time that `createdAt`, the `Date` header, access tokens, the log of requests and faults go by. Moving it makes servers
   * old and access tokens expire.
   */
  readonly clock: Clock;
  /** Forgets servers, requests and faults, and puts the clock back to the system's time; accounts and tokens stay. */
  reset(): void;
  /** Adds accounts and servers, all or none; an account that is there already is changed. Plan limits do not count. */
  seed(seed: Seed): void;
  /** All accounts and servers, with their tokens, as plain JSON. */
  snapshot(): Snapshot;
  /** Replaces all accounts and servers. Access tokens stay good for accounts that the snapshot has. */
  restore(snapshot: Snapshot): void;
  addAccount(options?: AccountOptions): Account;
  /** An access token of an account, the first unless given. Rejects with a RefusedError if there is no such account. */
  mintAccessToken(account?: Pick<Account, "id">, options?: AccessTokenOptions): Promise<string>;
  /** Renames a server, which the API itself cannot do. */
  rename(id: string, name: string): void;
  /** Takes no more connections, lets requests in flight finish for up to a second, and frees the port and the data file. */
  stop(): Promise<void>;
}

/**
 * Starts a reference API, on this machine's loopback address unless told otherwise; several may run in one process.
 * Rejects with the system's error (`EADDRINUSE`, `EACCES`) where the port cannot be had, and with a DataFileError where the
 * data file cannot.
 */
export async function startReference(options: ReferenceOptions = {}): Promise<Reference> {
  const { dataFile } = options;
  const store = dataFile === undefined ? createMemoryStore() : await openSqliteStore(dataFile);
  try {
    return await serve(store, options);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function serve(store: Store, options: ReferenceOptions): Promise<Reference> {
  const { port = 0, host = "127.0.0.1", control = true, onRequest } = options;
  const controlHosts = parse(z.array(controlHost), options.controlHosts ?? [], "controlHosts");
  const clock = createClock();
  const seed = (wanted: Seed) =>
    store.replace(withSeed(store, parse(seedSchema, wanted, "the seed"), clock.now()));
  const first = putFirstAccount(store, options);
  if (options.seed !== undefined && store.count() === 0) seed(options.seed);
  const accessTokens = createAccessTokens(store.signingSecret, store.account, clock);
  const faults = createFaults(clock);
  options.faults?.forEach(faults.add);
  const log = createRequestLog();

  const accessToken = await accessTokens.mint(first.id);
  const server = createHttpServer(answer, { now: clock.now });
  const url = await listen(server, port, host);
  const reference: Reference = {
    url,
    accessToken,
    get account() {
      return store.account(FIRST_ACCOUNT_ID) ?? first;
    },
    accounts: () => store.accounts().map((account) => ({ ...account })),
    servers: (accountId) => store.list(accountId).map(copyServer),
    requests: log.list,
    requestCount: log.count,
    faults: { add: faults.add, list: faults.list, clear: faults.clear },
    clock: { now: clock.now, advance: clock.advance },
    reset() {
      store.clear();
      faults.clear();
      log.clear();
      clock.reset();
    },
    seed,
    snapshot: () => takeSnapshot(store),
    restore: (snapshot) => store.replace(fromSnapshot(parse(snapshotSchema, snapshot, "the snapshot"))),
    addAccount(wanted = {}) {
      const account = newAccount(parse(accountOptions, wanted, "the account"));
      if (store.account(account.id) !== undefined)
        throw new RefusedError(409, `There is an account ${account.id} already`);
      store.putAccount(account);
      return account;
    },
    async mintAccessToken({ id } = first, tokenOptions = {}) {
      if (store.account(id) === undefined) throw new RefusedError(404, `There is no account ${id}`);
      return accessTokens.mint(id, tokenOptions);
    },
    rename: (id, name) => store.rename(id, parse(serverName, name, "name")),
    async stop() {
      const closed = new Promise((done) => server.close(done));
      const sent = [...inFlight].map((response) => once(response, "close"));
      await Promise.race([Promise.all(sent), sleep(STOP_MS, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
      store.close();
    },
  };
  const inFlight = new Set<ServerResponse>();
  const answerApi = createApi({ store, accessTokens, faults, clock });
  const answerControl = createControl(reference, [host, ...controlHosts]);
  return reference;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    inFlight.add(response);
    response.once("close", () => inFlight.delete(response));
    const target = readTarget(request);
    if (control && isControlPath(target.path))
      return send(response, await orRefusal(request, answerControl(request, target)));
    const started = performance.now();
    const seen: Seen = {};
    const right = await orRefusal(request, answerApi(request, target.path, seen));
    const outcome = seen.fault?.outcome;
    const entry: LoggedRequest = {
      at: new Date(clock.now()).toISOString(),
      method: request.method ?? "",
      path: loggable(target.path),
      route: seen.route,
      accountId: seen.accountId,
      userAgent: request.headers["user-agent"] && loggable(request.headers["user-agent"]),
      status: outcome === undefined ? right.status : statusOf(right, outcome),
      fault: outcome?.kind,
      elapsedMs: Math.round((performance.now() - started) * 100) / 100,
    };
    log.add(entry);
    onRequest?.(entry);
    // Such a response never comes: nothing waits for it.
    if (outcome?.kind === "hang") inFlight.delete(response);
    if (outcome === undefined) send(response, right);
    else await sendFaulty(response, right, outcome, send);
  }
}

/** The first account, with the plan that this start asks for, if it asks for one. */
function putFirstAccount(store: Store, { plan, serverLimit }: ReferenceOptions): Account {
  const known = store.account(FIRST_ACCOUNT_ID);
  if (known !== undefined && plan === undefined && serverLimit === undefined) return known;
  const account = newAccount(
    parse(accountOptions, { plan, serverLimit, id: FIRST_ACCOUNT_ID }, "the first account"),
  );
  store.putAccount(account);
  return account;
}

/** An answer in any case: a defect becomes a 500 and is told on stderr. */
function orRefusal(request: IncomingMessage, answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: unknown) => {
    if (error instanceof RefusedError) return refuse(error.status, error.reasons);
    // A client that went away in the middle of its body is no defect.
    if (!request.destroyed) console.error(error);
    return refuse(500, "Internal server error");
  });
}

/** Answers the URL once the server listens. */
function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, host, () => done(urlOf(host, (server.address() as AddressInfo).port)));
  });
}
