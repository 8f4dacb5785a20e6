import { randomBytes } from "node:crypto";
import type { LiveServer } from "../spec/messages";
import type { Account } from "./accounts";
import { RefusedError } from "./answers";

/** A server as the reference keeps it: what GET answers, and whose it is. */
export interface StoredServer extends LiveServer {
  readonly accountId: string;
}

/** Everything that a store holds, in the order it was added. Every server's account is among the accounts. */
export interface Content {
  readonly accounts: readonly Account[];
  readonly servers: readonly StoredServer[];
}

/** Where accounts and servers are kept. What a method has returned from is kept; one that throws has changed nothing. */
export interface Store {
  /** Signs the accounts' access tokens; lives as long as the store. */
  readonly signingSecret: Uint8Array;
  accounts(): Account[];
  account(id: string): Account | undefined;
  /** Adds an account, or changes the one that has its id. */
  putAccount(account: Account): void;
  /** Throws if the id is taken or there is no such account. */
  add(server: StoredServer): void;
  /** An account's servers in the order they were added; of all accounts without one. */
  list(accountId?: string): StoredServer[];
  /** How many `list` would give, without making the list. */
  count(accountId?: string): number;
  /** Another account's server is as unknown as one that never was. */
  get(accountId: string, id: string): StoredServer | undefined;
  /** Whether there was such a server of this account; it takes its streams along. */
  delete(accountId: string, id: string): boolean;
  /** A server of any account. */
  find(id: string): StoredServer | undefined;
  /** The API cannot do this: it is what somebody at Postject might do by hand. Throws if there is no such server. */
  rename(id: string, name: string): void;
  /** Forgets all servers; accounts stay. */
  clear(): void;
  /** Forgets everything but the signing secret and holds this instead. */
  replace(content: Content): void;
  /** Ends its use. */
  close(): void;
}

/** Keeps everything in memory. */
export function createMemoryStore(
  content: Content = { accounts: [], servers: [] },
  signingSecret: Uint8Array = randomBytes(32),
): Store {
  const accounts = new Map<string, Account>();
  /** Of all accounts, in the order they were added. */
  const servers = new Map<string, StoredServer>();
  /** By account, so that no account's list costs more because of the others'. */
  const owned = new Map<string, Map<string, StoredServer>>();

  const store: Store = {
    signingSecret,
    accounts: () => [...accounts.values()],
    account: (id) => accounts.get(id),
    putAccount(account) {
      accounts.set(account.id, account);
      if (!owned.has(account.id)) owned.set(account.id, new Map());
    },
    add(server) {
      checkNew(store, server);
      servers.set(server.id, server);
      owned.get(server.accountId)?.set(server.id, server);
    },
    list: (accountId) => [...((accountId === undefined ? servers : owned.get(accountId))?.values() ?? [])],
    count: (accountId) => (accountId === undefined ? servers : owned.get(accountId))?.size ?? 0,
    get: (accountId, id) => owned.get(accountId)?.get(id),
    delete: (accountId, id) => (owned.get(accountId)?.delete(id) ?? false) && servers.delete(id),
    find: (id) => servers.get(id),
    rename(id, name) {
      const renamed = { ...findOrThrow(store, id), name };
      servers.set(id, renamed);
      owned.get(renamed.accountId)?.set(id, renamed);
    },
    clear() {
      servers.clear();
      for (const ofAccount of owned.values()) ofAccount.clear();
    },
    replace(next) {
      checkContent(next);
      accounts.clear();
      servers.clear();
      owned.clear();
      next.accounts.forEach(store.putAccount);
      next.servers.forEach(store.add);
    },
    close() {},
  };
  store.replace(content);
  return store;
}

/** What a caller may change without changing what a store holds. */
export function copyServer(server: StoredServer): StoredServer {
  return { ...server, streams: server.streams.map((stream) => ({ ...stream })) };
}

/** Throws if a server cannot be added to a store: the message says why. */
export function checkNew(store: Pick<Store, "account" | "find">, { id, accountId }: StoredServer): void {
  if (store.find(id) !== undefined) throw new RefusedError(409, `There is a server ${id} already`);
  if (store.account(accountId) === undefined) throw new RefusedError(400, `There is no account ${accountId}`);
}

/** Throws if a content holds an id twice or a server of no account. */
export function checkContent({ accounts, servers }: Content): void {
  const known = new Map(accounts.map((account) => [account.id, account]));
  if (known.size < accounts.length) throw new RefusedError(409, "Two accounts have the same id");
  const seen = new Map<string, StoredServer>();
  for (const server of servers) {
    checkNew({ account: (id) => known.get(id), find: (id) => seen.get(id) }, server);
    seen.set(server.id, server);
  }
}

export function findOrThrow(store: Pick<Store, "find">, id: string): StoredServer {
  const server = store.find(id);
  if (server === undefined) throw new RefusedError(404, `There is no server ${id}`);
  return server;
}
