import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, realpathSync, rmdirSync } from "node:fs";
import path from "node:path";
import type { Database } from "node-sqlite3-wasm";
import * as z from "zod/mini";
import { planNames } from "../spec";
import type { LiveStream } from "../spec/messages";
import type { Account } from "./accounts";
import { DataFileError, type DataFileLock, lockDataFile } from "./data-file-lock";
import {
  type Content,
  checkContent,
  checkNew,
  createMemoryStore,
  findOrThrow,
  type Store,
  type StoredServer,
} from "./store";

/** Marks a file as ours: `PJRF`. */
const APPLICATION_ID = 0x504a5246;
/** Raised with every change of the tables; a file of a later one is refused. */
const FORMAT_VERSION = 1;

const TABLES = `
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
  CREATE TABLE accounts (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, plan TEXT NOT NULL, server_limit INTEGER);
  CREATE TABLE servers (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL, token TEXT NOT NULL, created_at TEXT NOT NULL);
  CREATE TABLE streams (
    position INTEGER PRIMARY KEY, server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE, id TEXT NOT NULL,
    name TEXT NOT NULL, slug TEXT NOT NULL, type TEXT NOT NULL, description TEXT, created_at TEXT NOT NULL);
  CREATE INDEX streams_of_server ON streams (server_id);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT_VERSION};`;

/**
 * Keeps everything in a SQLite file, which is made if it is not there. A method returns when its change is on the disk;
 * reads are answered from memory. Throws a DataFileError if another process uses the file or it is not one of ours.
 */
export async function openSqliteStore(name: string): Promise<Store> {
  const { default: sqlite } = await import("node-sqlite3-wasm");
  // However it is called, a file has one lock.
  const file = existsSync(name) ? realpathSync(name) : path.resolve(name);
  const lock = await lockDataFile(file);
  try {
    freeDriverLock(file, lock);
    // It holds the signing secret and server tokens; the driver itself would let others read it.
    closeSync(openSync(file, "a", 0o600));
    const db = new sqlite.Database(file);
    try {
      prepare(db, file);
      const store = createStore(db, file, lock);
      syncFolder(path.dirname(file));
      return store;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    if (error instanceof DataFileError) throw error;
    throw new DataFileError(`${file} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The driver locks its database with an empty folder beside it, which a killed process leaves behind. It is ours to remove
 * only if we took over from such a process: anything else of that name belongs to somebody else.
 */
function freeDriverLock(file: string, { isTakenOver }: DataFileLock): void {
  const folder = `${file}.lock`;
  if (!existsSync(folder)) return;
  try {
    // Fails for a file, and for a folder with something in it.
    if (isTakenOver) rmdirSync(folder);
  } catch {}
  if (existsSync(folder))
    throw new DataFileError(
      `${file} cannot be used: the database locks itself with a folder ${folder}, and there is something of that name ` +
        "already. Give another file, or remove it if nothing uses it.",
    );
}

function prepare(db: Database, file: string): void {
  const numberOf = (sql: string) => Number(Object.values(db.get(sql) ?? {})[0]);
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  const isEmpty = numberOf("SELECT count(*) FROM sqlite_schema") === 0;
  if (!isEmpty && numberOf("PRAGMA application_id") !== APPLICATION_ID)
    throw new DataFileError(`${file} is the database of another program. Give another file.`);
  if (numberOf("PRAGMA user_version") > FORMAT_VERSION)
    throw new DataFileError(
      `${file} was written by a later version. Update pulumi-postject, or give another file.`,
    );
  // A write-ahead log, because this build never rolls a rollback journal back after a crash: it takes its own lock for
  // another process's.
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  if (isEmpty) inTransaction(db, () => db.exec(TABLES));
}

/** Makes new files of a folder survive a power cut; the database itself syncs only what is in them. */
function syncFolder(folder: string): void {
  // Windows cannot open a folder, and needs no such thing.
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}

function createStore(db: Database, file: string, lock: DataFileLock): Store {
  const statements = {
    account: db.prepare(
      "INSERT INTO accounts (id, plan, server_limit) VALUES (?, ?, ?) " +
        "ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, server_limit = excluded.server_limit",
    ),
    server: db.prepare(
      "INSERT INTO servers (id, account_id, name, token, created_at) VALUES (?, ?, ?, ?, ?)",
    ),
    stream: db.prepare(
      "INSERT INTO streams (server_id, id, name, slug, type, description, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    delete: db.prepare("DELETE FROM servers WHERE id = ?"),
    rename: db.prepare("UPDATE servers SET name = ? WHERE id = ?"),
  };
  const writeAccount = ({ id, plan, serverLimit }: Account) =>
    statements.account.run([id, plan, serverLimit ?? null]);
  const writeServer = ({ id, accountId, name, token, createdAt, streams }: StoredServer) => {
    // A hundred thousand of them take longer than others wait for a sign of life.
    lock.touch();
    statements.server.run([id, accountId, name, token, createdAt]);
    for (const stream of streams)
      statements.stream.run([
        id,
        stream.id,
        stream.name,
        stream.slug,
        stream.type,
        stream.description,
        stream.createdAt,
      ]);
  };
  const write = (work: () => void) => {
    if (!lock.isHeld())
      throw new DataFileError(
        `${file} was not changed: its lock was removed, or taken over while this process was suspended. Start this reference again.`,
      );
    inTransaction(db, work);
  };
  const memory = createMemoryStore(readContent(db), readSigningSecret(db));
  return {
    ...memory,
    putAccount(account) {
      write(() => writeAccount(account));
      memory.putAccount(account);
    },
    add(server) {
      checkNew(memory, server);
      write(() => writeServer(server));
      memory.add(server);
    },
    delete(accountId, id) {
      if (memory.get(accountId, id) === undefined) return false;
      write(() => statements.delete.run([id]));
      return memory.delete(accountId, id);
    },
    rename(id, name) {
      findOrThrow(memory, id);
      write(() => statements.rename.run([name, id]));
      memory.rename(id, name);
    },
    clear() {
      write(() => db.exec("DELETE FROM servers"));
      memory.clear();
    },
    replace(content) {
      checkContent(content);
      write(() => {
        db.exec("DELETE FROM servers; DELETE FROM accounts");
        content.accounts.forEach(writeAccount);
        content.servers.forEach(writeServer);
      });
      memory.replace(content);
    },
    close() {
      // Closing writes to the file, too, which is another process's by now if the lock was lost.
      if (!db.isOpen || !lock.isHeld()) return lock.release();
      for (const statement of Object.values(statements)) statement.finalize();
      db.close();
      lock.release();
    },
  };
}

function inTransaction(db: Database, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

const accountRow = z.object({ id: z.string(), plan: z.enum(planNames), server_limit: z.nullable(z.int()) });
const serverRow = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  token: z.string(),
  created_at: z.string(),
});
const streamRow = z.object({
  server_id: z.string(),
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  type: z.string(),
  description: z.nullable(z.string()),
  created_at: z.string(),
});

function readContent(db: Database): Content {
  const rows = <Row>(table: string, row: z.ZodMiniType<Row>) =>
    z.array(row).parse(db.all(`SELECT * FROM ${table} ORDER BY position`));
  const streams = new Map<string, LiveStream[]>();
  for (const { server_id, created_at: createdAt, ...stream } of rows("streams", streamRow)) {
    const ofServer = streams.get(server_id) ?? [];
    streams.set(server_id, ofServer);
    ofServer.push({ ...stream, createdAt });
  }
  return {
    accounts: rows("accounts", accountRow).map(({ id, plan, server_limit: serverLimit }) => ({
      id,
      plan,
      ...(serverLimit !== null && { serverLimit }),
    })),
    servers: rows("servers", serverRow).map(
      ({ id, account_id: accountId, created_at: createdAt, ...server }) => ({
        accountId,
        id,
        ...server,
        createdAt,
        streams: streams.get(id) ?? [],
      }),
    ),
  };
}

function readSigningSecret(db: Database): Uint8Array {
  db.run("INSERT OR IGNORE INTO secrets (name, value) VALUES ('signing', ?)", [randomBytes(32)]);
  return z.instanceof(Uint8Array).parse(db.get("SELECT value FROM secrets WHERE name = 'signing'")?.value);
}
