import { Database, SQLite3Error, type Statement } from "node-sqlite3-wasm";
import { explainFailure, openDataFile } from "./data-file";
import { RefusedError } from "./responses";
import type { Account, Snapshot, StoredServer } from "./types";

/** Accounts and servers are documents, so that a new property of either changes no table. */
const TABLES = `
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
  CREATE TABLE accounts (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
  CREATE TABLE servers (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL, document TEXT NOT NULL);
  CREATE INDEX servers_of_account ON servers (account_id, position);
  INSERT INTO secrets (name, value) VALUES ('signing', randomblob(32));`;

export type Store = Awaited<ReturnType<typeof openStore>>;

/**
 * Opens a store of accounts and servers over a SQLite file, which is created if it does not exist, or over a
 * database in memory. Everything is kept in the order it was added. Once a method has returned, its change is
 * kept, with a file on the disk; if it throws, nothing has changed. Changing what a method returned does not
 * change the store. Throws a DataFileError if the file cannot be used or changed.
 */
export async function openStore(file?: string) {
  const { db, checkLock, close } = file === undefined ? openInMemory() : await openDataFile(file, TABLES);
  const prepared = new Map<string, Statement>();
  /** Every request asks for its account, and a query takes a tenth of a GET's time. */
  const knownAccounts = new Map<string, Account>();

  /** Runs a statement to its end: left at its first row, it keeps a transaction open and the log growing. */
  function query(sql: string, ...values: string[]) {
    const statement = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, statement);
    return statement.all(values);
  }

  /** The documents that a query finds. Nothing but a store writes any, so they are not checked again. */
  function find<Value>(sql: string, ...values: string[]): Value[] {
    return query(`SELECT document FROM ${sql}`, ...values).map(({ document }) =>
      JSON.parse(String(document)),
    );
  }

  /** Makes the changes of several calls, or, if one throws, none of them. */
  function inTransaction(work: () => void): void {
    if (db.inTransaction) return void work();
    checkLock();
    knownAccounts.clear();
    try {
      db.exec("BEGIN IMMEDIATE");
      work();
      checkLock();
      db.exec("COMMIT");
    } catch (error) {
      if (db.inTransaction) db.exec("ROLLBACK");
      throw file !== undefined && error instanceof SQLite3Error
        ? explainFailure(file, "was not changed", error)
        : error;
    }
  }

  const change = (sql: string, ...values: string[]) => inTransaction(() => void query(sql, ...values));
  const findAccount = (id: string): Account | undefined => {
    const account = knownAccounts.get(id) ?? find<Account>("accounts WHERE id = ?", id)[0];
    if (account === undefined) return undefined;
    // What is read in a transaction may still be undone.
    if (!db.inTransaction) knownAccounts.set(id, account);
    return { ...account };
  };
  const findServer = (id: string) => find<StoredServer>("servers WHERE id = ?", id)[0];
  const get = (accountId: string, id: string) => {
    const server = findServer(id);
    return server?.accountId === accountId ? server : undefined;
  };
  const putAccount = (account: Account) =>
    change(
      "INSERT INTO accounts (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
      account.id,
      JSON.stringify(account),
    );
  const add = (server: StoredServer) =>
    inTransaction(() => {
      const { id, accountId } = server;
      if (findServer(id) !== undefined) throw new RefusedError(409, `Server ${id} already exists`);
      if (findAccount(accountId) === undefined)
        throw new RefusedError(400, `Account ${accountId} does not exist`);
      const document = JSON.stringify(server);
      query("INSERT INTO servers (id, account_id, document) VALUES (?, ?, ?)", id, accountId, document);
    });

  return {
    /** Signs the accounts' access tokens; lives as long as the database. */
    signingSecret: db.get("SELECT value FROM secrets WHERE name = 'signing'")?.value as Uint8Array,
    accounts: () => find<Account>("accounts ORDER BY position"),
    account: findAccount,
    /** Adds an account, or updates the one with its id. */
    putAccount,
    /** Throws if the id is taken or the account does not exist. */
    add,
    /** The servers of one account, or of all. */
    list: (accountId?: string) =>
      accountId === undefined
        ? find<StoredServer>("servers ORDER BY position")
        : find<StoredServer>("servers WHERE account_id = ? ORDER BY position", accountId),
    count: (accountId: string) =>
      Number(query("SELECT count(*) AS count FROM servers WHERE account_id = ?", accountId)[0]?.count),
    isEmpty: () => query("SELECT id FROM servers LIMIT 1").length === 0,
    /** Undefined also for a server of another account. */
    get,
    /** Returns whether the account had the server. */
    delete(accountId: string, id: string): boolean {
      if (get(accountId, id) === undefined) return false;
      change("DELETE FROM servers WHERE id = ?", id);
      return true;
    },
    /** Throws if the server does not exist. */
    rename(id: string, name: string): void {
      const server = findServer(id);
      if (server === undefined) throw new RefusedError(404, `Server ${id} does not exist`);
      change("UPDATE servers SET document = ? WHERE id = ?", JSON.stringify({ ...server, name }), id);
    },
    /** Removes all servers; accounts stay. */
    clear: () => change("DELETE FROM servers"),
    /** Replaces everything but the signing secret. */
    replace: ({ accounts, servers }: Pick<Snapshot, "accounts" | "servers">) =>
      inTransaction(() => {
        if (new Set(accounts.map(({ id }) => id)).size < accounts.length)
          throw new RefusedError(409, "Two accounts have the same id");
        query("DELETE FROM servers");
        query("DELETE FROM accounts");
        accounts.forEach(putAccount);
        servers.forEach(add);
      }),
    inTransaction,
    close() {
      for (const statement of prepared.values()) statement.finalize();
      prepared.clear();
      close();
    },
  };
}

function openInMemory() {
  const db = new Database(":memory:");
  db.exec(TABLES);
  return { db, checkLock() {}, close: () => db.isOpen && db.close() };
}
