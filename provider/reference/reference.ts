import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { serverName } from "../spec/messages";
import { createAccessTokens } from "./access-tokens";
import { createApi } from "./api";
import { createClock } from "./clock";
import { urlOf } from "./connection";
import { createControl, isControlPath } from "./control";
import { FIRST_ACCOUNT_ID, newAccount, newServer } from "./drafts";
import { createFaults, deliver } from "./faults";
import { createHttpServer, readTarget, send } from "./http";
import { createRequestLog, loggable } from "./request-log";
import { RefusedError, responseTo } from "./responses";
import {
  accountOptions,
  controlHost,
  faultRule,
  parse,
  seed as seedShape,
  snapshot as snapshotShape,
} from "./shapes";
import { openStore, type Store } from "./store";
import type { Account, AccountOptions, LoggedRequest, Reference, ReferenceOptions, Seed } from "./types";

/** How long `stop` waits for requests in flight. */
const STOP_MS = 1000;

/** The options with rules that their types cannot express; the command reads some of them from files. */
const checkedOptions = z.object({
  // Node.js takes an empty host for all addresses, and a port that is not a number for the path of a socket.
  host: z.optional(z.string().check(z.minLength(1, "must not be empty"))),
  port: z.optional(z.int().check(z.nonnegative(), z.maximum(65_535))),
  seed: z.optional(seedShape),
  faults: z.optional(z.array(faultRule)),
  controlHosts: z.optional(z.array(controlHost)),
});

/**
 * Starts a reference API, by default on this machine's loopback address; several can run in one process.
 * Rejects with the system's error (`EADDRINUSE`, `EACCES`) if the port is not available, with a DataFileError
 * if the data file is not, and with a RefusedError if an option is invalid.
 */
export async function startReference(options: ReferenceOptions = {}): Promise<Reference> {
  const store = await openStore(options.dataFile);
  try {
    return await serve(store, options);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function serve(store: Store, options: ReferenceOptions): Promise<Reference> {
  const { control = true, onRequest } = options;
  const {
    host = "127.0.0.1",
    port = 0,
    seed,
    faults: rules = [],
    controlHosts = [],
  } = parse(checkedOptions, options, "the options");
  const { plan, serverLimit } = parse(
    accountOptions,
    { plan: options.plan, serverLimit: options.serverLimit },
    "the options",
  );
  const clock = createClock();
  const first = putFirstAccount(store, { plan, serverLimit });
  if (seed !== undefined && store.isEmpty()) addSeed(store, seed, clock.now());
  const accessTokens = createAccessTokens(store.signingSecret, store.account, clock);
  const faults = createFaults(clock);
  rules.forEach(faults.add);
  const log = createRequestLog();
  const inFlight = new Set<ServerResponse>();

  const server = createHttpServer(clock.now, handle);
  server.listen(port, host);
  await once(server, "listening");
  const url = urlOf(host, (server.address() as AddressInfo).port);
  const reference: Reference = {
    url,
    accessToken: accessTokens.mint(first.id),
    get account() {
      return store.account(FIRST_ACCOUNT_ID) ?? first;
    },
    accounts: store.accounts,
    servers: store.list,
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
    seed: (seed) => addSeed(store, parse(seedShape, seed, "the seed"), clock.now()),
    snapshot: () => ({ formatVersion: 1, accounts: store.accounts(), servers: store.list() }),
    restore(snapshot) {
      const content = parse(snapshotShape, snapshot, "the snapshot");
      if (!content.accounts.some(({ id }) => id === FIRST_ACCOUNT_ID))
        throw new RefusedError(400, `The snapshot lacks the first account, ${FIRST_ACCOUNT_ID}`);
      store.replace(content);
    },
    addAccount(wanted = {}) {
      const account = newAccount(parse(accountOptions, wanted, "the account"));
      if (store.account(account.id) !== undefined)
        throw new RefusedError(409, `Account ${account.id} already exists`);
      store.putAccount(account);
      return account;
    },
    async mintAccessToken({ id } = first, tokenOptions = {}) {
      if (store.account(id) === undefined) throw new RefusedError(404, `Account ${id} does not exist`);
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
  const handleApi = createApi(store, accessTokens, faults, clock);
  const handleControl = createControl(reference, [host, ...controlHosts]);
  return reference;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    inFlight.add(response);
    response.once("close", () => inFlight.delete(response));
    const target = readTarget(request);
    if (control && isControlPath(target.path))
      return send(response, await handleControl(request, target).catch(responseTo));
    const started = performance.now();
    const handled = await handleApi(request, target.path);
    const elapsedMs = Math.round((performance.now() - started) * 100) / 100;
    const delivery = deliver(handled.response, handled.fault);
    const { headers, method = "" } = request;
    const { route, accountId, fault } = handled;
    const logged: LoggedRequest = {
      at: new Date(clock.now()).toISOString(),
      method,
      path: loggable(target.path),
      route,
      accountId,
      userAgent: headers["user-agent"] && loggable(headers["user-agent"]),
      status: response.destroyed ? undefined : delivery.status,
      fault: fault?.outcome.kind,
      elapsedMs,
    };
    log.add(logged);
    onRequest?.(logged);
    // Such a response never comes, so `stop` does not wait for it.
    if (fault?.outcome.kind === "hang") inFlight.delete(response);
    await delivery.send(response);
  }
}

/** The first account, updated to the plan that this start asks for, if any. */
function putFirstAccount(store: Store, { plan, serverLimit }: AccountOptions): Account {
  const existing = store.account(FIRST_ACCOUNT_ID);
  if (existing !== undefined && plan === undefined && serverLimit === undefined) return existing;
  const account = newAccount({ plan, serverLimit, id: FIRST_ACCOUNT_ID });
  store.putAccount(account);
  return account;
}

function addSeed(store: Store, { accounts = [], servers = [] }: Seed, now: number): void {
  store.inTransaction(() => {
    for (const account of accounts) store.putAccount(newAccount(account));
    for (const { accountId = FIRST_ACCOUNT_ID, ...draft } of servers)
      store.add(newServer(accountId, draft, now));
  });
}
