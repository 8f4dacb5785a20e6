import { chmodSync, closeSync, fsyncSync, openSync, realpathSync, statfsSync, statSync } from "node:fs";
import path from "node:path";
import { Database } from "node-sqlite3-wasm";
import { lockDataFile } from "./data-file-lock";
import { DataFileError } from "./responses";

/** Marks a file as ours: `PJRF`. */
const APPLICATION_ID = 0x504a5246;
/** Raised with every change of the tables; files of any other format are refused. */
const FORMAT_VERSION = 2;

/** The file holds the signing secret and server tokens, so only its owner may read it. */
const PRIVATE = 0o600;

/** A disk with less space than this counts as full. SQLite itself reports only an I/O error. */
const FULL_DISK_BYTES = 64 * 1024;

/** Opens a data file as its only user, creating a new one with the given tables. Throws a DataFileError. */
export async function openDataFile(name: string, tables: string) {
  let close = () => {};
  try {
    const file = prepareFile(name);
    const db = new Database(file);
    close = () => db.close();
    const lock = await lockDataFile(db, file);
    close = () => {
      // Closing writes to the file, too, which belongs to another process if the lock was lost.
      if (!db.isOpen || !lock.isHeld()) return;
      lock.release();
      db.close();
    };
    prepareTables(db, file, tables);
    syncFolder(path.dirname(file));
    const checkLock = () => {
      if (lock.isHeld()) return;
      throw new DataFileError(
        `${file} was not changed: its lock was removed, or taken over while this process was suspended. Start this reference again.`,
      );
    };
    return { db, checkLock, close };
  } catch (error) {
    close();
    throw explainFailure(name, "cannot be used", error);
  }
}

/** Says what kept a data file from being used or changed. */
export function explainFailure(file: string, consequence: string, error: unknown): DataFileError {
  if (error instanceof DataFileError) return error;
  const reason = isDiskFull(file) ? "the disk is full" : (error as Error).message;
  return new DataFileError(`${file} ${consequence}: ${reason}`, { cause: error });
}

function isDiskFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path.dirname(file));
    return bavail * bsize < FULL_DISK_BYTES;
  } catch {
    return false;
  }
}

/**
 * Creates the file if it does not exist, and returns its real path, because lock and log lie beside it:
 * whichever symbolic link leads to a file, its users must meet there.
 */
function prepareFile(name: string): string {
  const existing = statSync(name, { throwIfNoEntry: false });
  // Opening a pipe would wait for somebody to write to it.
  if (existing?.isFile() === false) throw new DataFileError(`${name} is not a file. Give another one.`);
  if (existing !== undefined && existing.nlink > 1)
    throw new DataFileError(
      `${name} cannot be used: it has several names (hard links), and a process that uses another one would not see this ` +
        "process's lock. Give a copy of it.",
    );
  closeSync(openSync(name, "a", PRIVATE));
  return realpathSync(name);
}

function prepareTables(db: Database, file: string, tables: string): void {
  const readNumber = (sql: string) => Number(Object.values(db.get(sql) ?? {})[0]);
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
  // Only now: the file may have turned out to be another program's.
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) chmodSync(file, PRIVATE);
  // A write-ahead log, because this build never rolls a rollback journal back after a crash: it mistakes its
  // own lock for another process's.
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  if (isNew)
    db.exec(
      `BEGIN; ${tables} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`,
    );
}

/** Makes the new files of a folder survive a power cut; the database itself syncs only their content. */
function syncFolder(folder: string): void {
  // Windows cannot open a folder, and does not need this.
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}
