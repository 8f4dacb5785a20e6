import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "node-sqlite3-wasm";
import { DataFileError } from "./responses";

/** How often an owner touches its claim. */
const TOUCH_INTERVAL_MS = 500;

/**
 * How often, and at what interval, to look for a touch before an owner counts as dead: 3 seconds in total.
 * Counting looks rather than time gives a live owner its chance even if the machine was suspended meanwhile.
 */
const LOOKS = 12;
const LOOK_INTERVAL_MS = 250;

/** The name of a claim: process, host, and random characters that make it unique. */
const CLAIM = /^(\d+)@(.*)@[0-9a-f]{16}$/;

/**
 * Makes this process the only user of a database. The driver's own lock is a folder beside the file, which it
 * creates atomically and a killed process leaves behind. An owner therefore puts a claim in the folder, an
 * empty file that it keeps touching, and the folder of an owner that has stopped doing so may be removed.
 * That takes neither process ids nor a common clock, so it works across containers and machines.
 */
export async function lockDataFile(db: Database, file: string) {
  const folder = `${file}.lock`;
  const before = look(file);
  for (let looks = 1; !takeDriverLock(db); looks++) {
    const { claims, state } = look(file);
    if (state !== before.state) throw inUse(file, claims[0]);
    if (looks === LOOKS) removeDeadLock(file, claims[0]);
    else await sleep(LOOK_INTERVAL_MS);
  }
  const claim = path.join(folder, `${process.pid}@${hostname()}@${randomBytes(8).toString("hex")}`);
  fs.writeFileSync(claim, "");
  // A touch that fails does no harm: either the file system fails briefly, or the lock is lost anyway.
  const touch = () => fs.utimes(claim, new Date(), new Date(), () => {});
  const timer = setInterval(touch, TOUCH_INTERVAL_MS).unref();
  return {
    /** False once another process has taken the lock, or it was removed: then this one must not write. */
    isHeld: () => fs.existsSync(claim),
    /** Leaves the folder to the driver, which removes it when the database is closed. */
    release() {
      clearInterval(timer);
      fs.rmSync(claim, { force: true });
    },
  };
}

/** Whether the driver gets its lock, which it then keeps until the database is closed. */
function takeDriverLock(db: Database): boolean {
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; SELECT * FROM sqlite_schema");
    return true;
  } catch (error) {
    if ((error as Error).message === "database is locked") return false;
    throw error;
  }
}

/** The lock's claims, and text that changes with every touch. Throws if the folder is not a lock of ours. */
function look(file: string) {
  const folder = `${file}.lock`;
  try {
    const claims = fs.readdirSync(folder);
    if (!claims.every((name) => CLAIM.test(name))) throw foreignLock(file);
    const touched = claims.map((name) => touchedMs(path.join(folder, name)));
    return { claims, state: `${claims} ${touched}` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") throw foreignLock(file);
    if (code === "ENOENT") return { claims: [], state: "none" };
    throw error;
  }
}

/** Opens the claim, because a network file system may show cached times of a file that nobody opens. */
function touchedMs(claim: string): number {
  const handle = fs.openSync(claim, "r");
  try {
    return fs.fstatSync(handle).mtimeMs;
  } finally {
    fs.closeSync(handle);
  }
}

/** Of several processes that find the same dead owner, the one that removes its claim removes the lock. */
function removeDeadLock(file: string, claim: string | undefined): void {
  // Somebody else's, or of a process that was killed before it left its claim.
  if (claim === undefined) throw foreignLock(file);
  try {
    fs.unlinkSync(path.join(`${file}.lock`, claim));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  fs.rmdirSync(`${file}.lock`);
}

function inUse(file: string, claim = ""): DataFileError {
  const [, pid, host] = CLAIM.exec(claim) ?? [];
  const owner = pid === undefined ? "another process" : `process ${pid}`;
  const place = host === undefined || host === hostname() ? "" : ` on ${host}`;
  return new DataFileError(
    `${file} is in use by ${owner}${place}. Stop that process, or give this one another file.`,
  );
}

function foreignLock(file: string): DataFileError {
  return new DataFileError(
    `${file} cannot be used: the database locks itself with a folder named ${file}.lock, and something with that name ` +
      "already exists. Give another file, or remove it if nothing uses it.",
  );
}
