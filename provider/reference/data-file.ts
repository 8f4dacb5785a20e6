import { closeSync, existsSync, fsyncSync, openSync, realpathSync, rmdirSync } from "node:fs";
import path from "node:path";
import { Database } from "node-sqlite3-wasm";
import { DataFileError, type DataFileLock, lockDataFile } from "./data-file-lock";

/** A database that this process alone uses. */
export interface DataFile {
  readonly db: Database;
  /** Throws a DataFileError if another process has taken the file over. */
  checkLock(): void;
  /** Shows other processes that this one is alive, during work that takes long. */
  touch(): void;
  close(): void;
}

/** Marks a file as ours: `PJRF`. */
const APPLICATION_ID = 0x504a5246;
/** Raised with every change of the tables; files of any other format are refused. */
const FORMAT_VERSION = 2;

/** Locks and opens a data file; one that does not exist is created with the given tables. Throws a DataFileError. */
export async function openDataFile(name: string, tables: string): Promise<DataFile> {
  // A file has one lock, whichever path leads to it.
  const file = existsSync(name) ? realpathSync(name) : path.resolve(name);
  const lock = await lockDataFile(file);
  try {
    freeDriverLock(file, lock);
    const db = openDatabase(file, tables);
    return {
      db,
      touch: lock.touch,
      checkLock() {
        if (!lock.isHeld())
          throw new DataFileError(
            `${file} was not changed: its lock was removed, or taken over while this process was suspended. Start this reference again.`,
          );
      },
      close() {
        // Closing writes to the file, too, which belongs to another process if the lock was lost.
        if (db.isOpen && lock.isHeld()) db.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    if (error instanceof DataFileError) throw error;
    throw new DataFileError(`${file} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The driver locks its database with an empty folder beside it, which a killed process leaves behind. It is ours to remove
 * only if we took over from such a process: anything else with that name belongs to somebody else.
 */
function freeDriverLock(file: string, { isTakenOver }: DataFileLock): void {
  const folder = `${file}.lock`;
  if (!existsSync(folder)) return;
  try {
    // Fails for a file, and for a folder that is not empty.
    if (isTakenOver) rmdirSync(folder);
  } catch {}
  if (existsSync(folder))
    throw new DataFileError(
      `${file} cannot be used: the database locks itself with a folder named ${folder}, and something with that name ` +
        "already exists. Give another file, or remove it if nothing uses it.",
    );
}

function openDatabase(file: string, tables: string): Database {
  // The file holds the signing secret and server tokens, and the driver would let other users read it.
  closeSync(openSync(file, "a", 0o600));
  const db = new Database(file);
  try {
    const readNumber = (sql: string) => Number(Object.values(db.get(sql) ?? {})[0]);
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    const isNew = readNumber("SELECT count(*) FROM sqlite_schema") === 0;
    if (!isNew && readNumber("PRAGMA application_id") !== APPLICATION_ID)
      throw new DataFileError(`${file} is the database of another program. Give another file.`);
    const version = readNumber("PRAGMA user_version");
    if (version > FORMAT_VERSION)
      throw new DataFileError(
        `${file} was written by a later version. Update pulumi-postject, or give another file.`,
      );
    if (!isNew && version < FORMAT_VERSION)
      throw new DataFileError(
        `${file} was written by an earlier version, in a format that this one cannot read. Give another file: to keep the ` +
          "data, take a snapshot with the earlier version and restore it.",
      );
    // A write-ahead log, because this build never rolls a rollback journal back after a crash: it mistakes its own lock for
    // another process's.
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    if (isNew)
      db.exec(
        `BEGIN; ${tables} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`,
      );
    syncFolder(path.dirname(file));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Makes the new files of a folder survive a power cut; the database itself syncs only their content. */
function syncFolder(folder: string): void {
  // Windows cannot open a folder, and does not need this.
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}
