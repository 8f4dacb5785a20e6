import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A data file cannot be used; the message says why and what to do. */
export class DataFileError extends Error {}

export interface DataFileLock {
  /** Whether the last owner ended without releasing the lock, and therefore without closing the database. */
  readonly isTakenOver: boolean;
  /** False once another process has taken the lock over, or somebody has removed it: then this one must not write. */
  isHeld(): boolean;
  /** Shows other processes that this one is alive. A timer does so, too, except while other work keeps it from firing. */
  touch(): void;
  release(): void;
}

const TOUCH_INTERVAL_MS = 1000;

/**
 * How often, and at what interval, to check for a touch before an owner counts as dead: 5 seconds in total. Counting checks
 * rather than time gives a live owner its chance even if the machine was suspended meanwhile.
 */
const CHECKS = 20;
const CHECK_INTERVAL_MS = 250;

/** A lock may change hands between two looks at it, but not this often. */
const ATTEMPTS = 10;

/** What is in a lock's file, and when it was last touched. */
interface Owner {
  readonly text: string;
  readonly touchedMs: number;
}

/**
 * Makes this process the only user of a data file, by means of a file beside it that names the process. The lock of a dead
 * process is taken over: at once if it ran on this system, otherwise after 5 seconds without a touch. Throws a DataFileError
 * if another process is using the file. Requires exclusive creation and rename of the file system, but no hard links.
 */
export async function lockDataFile(file: string): Promise<DataFileLock> {
  const lock = `${file}.owner`;
  // The random part distinguishes two locks of the same process.
  const own = `${process.pid} ${startOf(process.pid)} ${describeSystem()} ${randomBytes(8).toString("hex")}\n`;
  const isTakenOver = await acquire(lock, own, file).catch((error: Error) => {
    if (error instanceof DataFileError) throw error;
    throw new DataFileError(
      `${file} cannot be used, because its lock cannot be read or written: ${error.message}`,
      { cause: error },
    );
  });
  const isHeld = () => look(lock)?.text === own;
  let touchedMs = performance.now();
  const touch = () => {
    if (performance.now() - touchedMs < TOUCH_INTERVAL_MS) return;
    touchedMs = performance.now();
    try {
      if (isHeld()) utimesSync(lock, new Date(), new Date());
    } catch {
      // A brief failure of the file system does no harm; after a lasting one, `isHeld` fails as well.
    }
  };
  const timer = setInterval(touch, TOUCH_INTERVAL_MS / 2).unref();
  return {
    isTakenOver,
    isHeld,
    touch,
    release() {
      clearInterval(timer);
      if (isHeld()) rmSync(lock, { force: true });
    },
  };
}

/** Puts our lock where no live process has one. Returns whether a dead process had. */
async function acquire(lock: string, own: string, file: string): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(lock, own)) return false;
    const owner = look(lock);
    if (owner === undefined) continue;
    const isDead = isDeadHere(owner.text) ?? (await isAbandoned(lock, owner));
    if (isDead && (await takeOver(lock, owner, own, file))) return true;
    if (isDead || look(lock)?.text !== owner.text) continue;
    const [pid, , host, system] = owner.text.split(" ");
    const place = `${host} ${system}` === describeSystem() ? "" : ` on ${host}`;
    throw new DataFileError(
      `${file} is in use by process ${pid}${place}. Stop that one, or give this one another file.`,
    );
  }
  throw new DataFileError(
    `${file} cannot be used: ${lock} can be neither created nor read. Remove it if it is a link, or try again.`,
  );
}

function create(lock: string, own: string): boolean {
  try {
    writeFileSync(lock, own, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  return look(lock)?.text === own;
}

/**
 * Replaces a dead owner's lock, unless another process was quicker. That takes a second lock, whose holder checks the first one
 * again: of any number of processes that found the same owner dead, one gets in.
 */
async function takeOver(lock: string, dead: Owner, own: string, file: string): Promise<boolean> {
  const next = `${lock}.next`;
  await acquire(next, own, file);
  if (!isSame(look(lock), dead)) {
    rmSync(next, { force: true });
    return false;
  }
  // One step makes the lock ours and releases the second one.
  renameSync(next, lock);
  return look(lock)?.text === own;
}

/** Whether nobody touches a lock for a while. Only its own times are compared, because a file system may have its own clock. */
async function isAbandoned(lock: string, owner: Owner): Promise<boolean> {
  for (let checks = 0; checks < CHECKS; checks++) {
    await sleep(CHECK_INTERVAL_MS);
    if (!isSame(look(lock), owner)) return false;
  }
  return true;
}

function isSame(one: Owner | undefined, other: Owner): boolean {
  return one?.text === other.text && one.touchedMs === other.touchedMs;
}

/** The owner of a lock right now; undefined if the lock is free. */
function look(lock: string): Owner | undefined {
  try {
    return { text: readFileSync(lock, "utf8"), touchedMs: statSync(lock).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether an owner is dead; undefined if this system cannot tell: the owner ran elsewhere, or its file is incomplete. */
function isDeadHere(text: string): boolean | undefined {
  const [pid, started, host, system, random] = text.split(" ");
  if (random === undefined || `${host} ${system}` !== describeSystem()) return undefined;
  const now = startOf(Number(pid));
  return now === "unknown" ? undefined : now !== started;
}

/** When a live process started: its id alone may belong to another process by now. */
function startOf(pid: number): string | "unknown" | "dead" {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other error means that the process exists, but belongs to another user.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "dead";
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // State and start time are fields 3 and 22. Field 2, the name, may contain blanks and ends with the last bracket.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; its parent has yet to collect it.
    return state === "Z" ? "dead" : (fields[18] ?? "unknown");
  } catch {
    return "unknown";
  }
}

/** Distinguishes what may share a host name: machines, and containers of one machine. A process id means nothing elsewhere. */
function describeSystem(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${hostname()} ${boot}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return `${hostname()} -`;
  }
}
