import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A data file cannot be used; the message says why and what to do. */
export class DataFileError extends Error {}

export interface DataFileLock {
  /** Whether the last owner ended without releasing the lock, and so without closing the database. */
  readonly isTakenOver: boolean;
  /** False once another process has taken the lock over, or somebody has removed it: then this one must not write. */
  isHeld(): boolean;
  /** Shows others that this process lives. A timer does; only work that keeps the timer waiting for seconds has to. */
  touch(): void;
  release(): void;
}

/** How often an owner touches its lock. */
const TOUCH_MS = 1000;

/**
 * How often, and at what intervals, a lock is looked at before its owner counts as dead: 5 seconds in all. Looks are counted
 * rather than time, so that a machine that was suspended meanwhile still gives a live owner the time to touch its lock.
 */
const LOOKS = 20;
const LOOK_MS = 250;

/** A lock changes hands between two looks at it now and then, but not that often. */
const ATTEMPTS = 10;

interface Seen {
  readonly owner: string;
  readonly touchedMs: number;
}

/**
 * Makes this process the only user of a data file, by a file beside it that names the process. The lock of a dead process is
 * taken over: at once if it ran on this system, else after 5 seconds in which nobody touched it. Throws a DataFileError if
 * another process is using the file. Needs nothing of the file system but exclusive creation and rename, no hard links.
 */
export async function lockDataFile(file: string): Promise<DataFileLock> {
  const lock = `${file}.owner`;
  // The random part tells this lock from another one of the same process.
  const own = `${describeProcess(process.pid)} ${randomBytes(8).toString("hex")}\n`;
  const isTakenOver = await acquire(lock, own, file);
  const isHeld = () => look(lock, file)?.owner === own;
  let touchedMs = performance.now();
  const touch = () => {
    if (performance.now() - touchedMs < TOUCH_MS) return;
    touchedMs = performance.now();
    try {
      if (isHeld()) utimesSync(lock, new Date(), new Date());
    } catch {
      // A passing failure of the file system is no harm; after a lasting one, `isHeld` fails too.
    }
  };
  const touching = setInterval(touch, TOUCH_MS / 2).unref();
  return {
    isTakenOver,
    isHeld,
    touch,
    release() {
      clearInterval(touching);
      if (isHeld()) rmSync(lock, { force: true });
    },
  };
}

/** Puts our lock where no live process has one. Returns whether a dead process had. */
async function acquire(lock: string, own: string, file: string): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(lock, own, file)) return false;
    const seen = look(lock, file);
    if (seen === undefined) continue;
    const isInUse = isAlive(seen.owner) ?? !(await isAbandoned(lock, seen, file));
    if (!isInUse) {
      if (await takeOver(lock, seen, own, file)) return true;
    } else if (look(lock, file)?.owner === seen.owner) {
      const [pid, , host, system] = seen.owner.trim().split(" ");
      throw new DataFileError(
        `${file} is in use by process ${pid}${system === describeSystem() ? "" : ` on ${host}`}. ` +
          "Stop that one, or give this one another file.",
      );
    }
  }
  throw new DataFileError(
    `${file} cannot be used: ${lock} can be neither created nor read. Remove it if it is a link, or try again.`,
  );
}

function create(lock: string, own: string, file: string): boolean {
  try {
    writeFileSync(lock, own, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    throw new DataFileError(`${file} cannot be used: ${message}`, { cause: error });
  }
  return look(lock, file)?.owner === own;
}

/**
 * Replaces a dead owner's lock, unless another process was quicker. Only the holder of a second lock may, and it looks again
 * once it holds that: of any number of processes that found the same owner dead, one gets in.
 */
async function takeOver(lock: string, dead: Seen, own: string, file: string): Promise<boolean> {
  const right = `${lock}.next`;
  await acquire(right, own, file);
  if (!isSame(look(lock, file), dead)) {
    rmSync(right, { force: true });
    return false;
  }
  // In one step the lock is ours and the right to replace it is given back.
  renameSync(right, lock);
  return look(lock, file)?.owner === own;
}

/** Whether nobody touches a lock for a while. Its times are compared with each other only: file systems have clocks of their own. */
async function isAbandoned(lock: string, seen: Seen, file: string): Promise<boolean> {
  for (let looks = 0; looks < LOOKS; looks++) {
    await sleep(LOOK_MS);
    if (!isSame(look(lock, file), seen)) return false;
  }
  return true;
}

function isSame(one: Seen | undefined, other: Seen): boolean {
  return one?.owner === other.owner && one.touchedMs === other.touchedMs;
}

/** A lock as it is now; undefined if there is none. */
function look(lock: string, file: string): Seen | undefined {
  try {
    return { owner: readFileSync(lock, "utf8"), touchedMs: statSync(lock).mtimeMs };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new DataFileError(`${file} cannot be used, because its lock cannot be read: ${message}`, {
      cause: error,
    });
  }
}

/** Whether an owner lives; undefined where this system cannot tell: it ran elsewhere, or its lock is not written to the end. */
function isAlive(owner: string): boolean | undefined {
  const [pid, started, host, system, random] = owner.trim().split(" ");
  if (random === undefined || host !== hostname() || system !== describeSystem()) return undefined;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = startOf(Number(pid));
  // Without /proc a process id may be another process's by now.
  return now === undefined ? undefined : now === started;
}

/** A process id alone is used again after a while; with its start time it is not. It means something on its own system only. */
function describeProcess(pid: number): string {
  return `${pid} ${startOf(pid) ?? "-"} ${hostname()} ${describeSystem()}`;
}

/** When a process started; `dead` for one that has ended and only waits to be collected, undefined where nobody tells. */
function startOf(pid: number): string | undefined {
  const stat = tryTo(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // State and start time are fields 3 and 22; the name, field 2, may hold blanks and ends with the last bracket.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? "dead" : fields?.[19];
}

/** Tells apart what may have the same host name: containers of one machine, and machines. */
function describeSystem(): string {
  const boot = tryTo(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const processes = tryTo(() => readlinkSync("/proc/self/ns/pid"));
  return `${boot ?? "-"}/${processes ?? "-"}`;
}

function tryTo<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
