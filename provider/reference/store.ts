import { randomBytes } from "node:crypto";
import { Database, type Statement } from "node-sqlite3-wasm";
import { type DataFile, openDataFile } from "./data-file";
import { RefusedError } from "./responses";
import type { Account, StoredServer } from "./types";

type Content = Readonly<{ accounts: readonly Account[]; servers: readonly StoredServer[] }>;

/**
 * Holds accounts and servers, in the order they were added. Once a method has returned, its change is kept; if it throws,
 * nothing has changed. Changing what `accounts`, `list` or `get` returned does not change the store.
 */
export interface Store {
  /** Signs the accounts' access tokens; lives as long as the store. */
  readonly signingSecret: Uint8Array;
  accounts(): Account[];
  account(id: string): Account | undefined;
  /** Adds an account, or updates the one with its id. */
  putAccount(account: Account): void;
  /** Throws if the id is taken or the account does not exist. */
  add(server: StoredServer): void;
  /** The servers of one account, or of all. */
  list(accountId?: string): StoredServer[];
  count(accountId?: string): number;
  /** Undefined also for a server of another account. */
  get(accountId: string, id: string): StoredServer | undefined;
  /** Returns whether the account had the server. */
  delete(accountId: string, id: string): boolean;
  /** Throws if there is no such server. */
  rename(id: string, name: string): void;
  /** Removes all servers; accounts stay. */
  clear(): void;
  /** Replaces everything but the signing secret. */
  replace(content: Content): void;
  /** Makes the changes of several calls, or, if one throws, none of them. */
  inTransaction(work: () => void): void;
  close(): void;
}

/** Accounts and servers are documents, so that a new property of either changes no table. */
const TABLES = `
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
  CREATE TABLE accounts (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
  CREATE TABLE servers (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL, document TEXT NOT NULL);
  CREATE INDEX servers_of_account ON servers (account_id, position);`;

/**
 * Opens a store over a SQLite file, which is created if it does not exist, or over a database in memory. With a file, a method
 * that changes something returns once the change is synced to the disk. Throws a DataFileError if the file cannot be used.
 */
export async function openStore(file?: string): Promise<Store> {
  const dataFile = file === undefined ? openInMemory() : await openDataFile(file, TABLES);
  try {
    return createStore(dataFile);
  } catch (error) {
    dataFile.close();
    throw error;
  }
}

function openInMemory(): DataFile {
  const db = new Database(":memory:");
  db.exec(TABLES);
  return { db, checkLock() {}, touch() {}, close: () => db.isOpen && db.close() };
}

function createStore(dataFile: DataFile): Store {
  const { db } = dataFile;
  const prepared = new Map<string, Statement>();
  /** Runs a statement to its end: one that is left at its first row keeps a transaction open, and SQLite never trims its log. */
  const query = (sql: string, ...values: string[]) => {
    const statement = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, statement);
    return statement.all(values);
  };
  /** Every request looks an account up: a fifth of its time. They are remembered until anything changes. */
  const knownAccounts = new Map<string, Account>();
  const inTransaction = (work: () => void) => {
    dataFile.touch();
    if (db.inTransaction) return work();
    dataFile.checkLock();
    db.exec("BEGIN IMMEDIATE");
    try {
      work();
      db.exec("COMMIT");
    } catch (error) {
      if (db.inTransaction) db.exec("ROLLBACK");
      throw error;
    } finally {
      knownAccounts.clear();
    }
  };
  const findServer = (id: string) =>
    read<StoredServer>(query("SELECT document FROM servers WHERE id = ?", id))[0];
  const store: Store = {
    signingSecret: readSigningSecret(db),
    accounts: () => read(query("SELECT document FROM accounts ORDER BY position")),
    account(id) {
      const account =
        knownAccounts.get(id) ?? read<Account>(query("SELECT document FROM accounts WHERE id = ?", id))[0];
      if (account !== undefined) knownAccounts.set(id, account);
      return account;
    },
    putAccount: (account) =>
      inTransaction(() =>
        query(
          "INSERT INTO accounts (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
          account.id,
          JSON.stringify(account),
        ),
      ),
    add: (server) =>
      inTransaction(() => {
        const { id, accountId } = server;
        if (findServer(id) !== undefined) throw new RefusedError(409, `There is a server ${id} already`);
        if (store.account(accountId) === undefined)
          throw new RefusedError(400, `There is no account ${accountId}`);
        const document = JSON.stringify(server);
        query("INSERT INTO servers (id, account_id, document) VALUES (?, ?, ?)", id, accountId, document);
      }),
    list: (accountId) =>
      read(
        accountId === undefined
          ? query("SELECT document FROM servers ORDER BY position")
          : query("SELECT document FROM servers WHERE account_id = ? ORDER BY position", accountId),
      ),
    count(accountId) {
      const [row] =
        accountId === undefined
          ? query("SELECT count(*) AS count FROM servers")
          : query("SELECT count(*) AS count FROM servers WHERE account_id = ?", accountId);
      return Number(row?.count);
    },
    get(accountId, id) {
      const server = findServer(id);
      return server?.accountId === accountId ? server : undefined;
    },
    delete(accountId, id) {
      if (store.get(accountId, id) === undefined) return false;
      inTransaction(() => query("DELETE FROM servers WHERE id = ?", id));
      return true;
    },
    rename(id, name) {
      const server = findServer(id);
      if (server === undefined) throw new RefusedError(404, `There is no server ${id}`);
      const document = JSON.stringify({ ...server, name });
      inTransaction(() => query("UPDATE servers SET document = ? WHERE id = ?", document, id));
    },
    clear: () => inTransaction(() => query("DELETE FROM servers")),
    replace: ({ accounts, servers }) =>
      inTransaction(() => {
        if (new Set(accounts.map(({ id }) => id)).size < accounts.length)
          throw new RefusedError(409, "Two accounts have the same id");
        query("DELETE FROM servers");
        query("DELETE FROM accounts");
        accounts.forEach(store.putAccount);
        servers.forEach(store.add);
      }),
    inTransaction,
    close() {
      for (const statement of prepared.values()) statement.finalize();
      prepared.clear();
      dataFile.close();
    },
  };
  return store;
}

/** The documents of rows. Nothing but a store writes any, so they are not checked again. */
function read<Value>(rows: object[]): Value[] {
  return rows.map((row) => JSON.parse((row as { document: string }).document) as Value);
}

function readSigningSecret(db: Database): Uint8Array {
  db.run("INSERT OR IGNORE INTO secrets (name, value) VALUES ('signing', ?)", [randomBytes(32)]);
  return db.get("SELECT value FROM secrets WHERE name = 'signing'")?.value as Uint8Array;
}
