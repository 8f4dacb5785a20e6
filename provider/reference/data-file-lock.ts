import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";

/** A data file cannot be used; the message says why and what to do. */
export class DataFileError extends Error {}

/**
 * Makes this process the only user of a data file, by a file beside it that names the process. A lock whose process was
 * killed is taken over. Throws a DataFileError if another process is using the file. Returns what gives it back.
 */
export function lockDataFile(file: string): () => void {
  const lock = `${file}.owner`;
  const own = ownerText(process.pid);
  for (;;) {
    const made = `${lock}.${process.pid}`;
    try {
      // Written first and then linked: whoever sees the lock sees the whole of it.
      writeFileSync(made, own, { mode: 0o600 });
      linkSync(made, lock);
      return () => rmSync(lock, { force: true });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "EEXIST") throw new DataFileError(`${file} cannot be used: ${message}`, { cause: error });
    } finally {
      rmSync(made, { force: true });
    }
    const owner = readIfThere(lock);
    if (owner === undefined) continue;
    const [pid, , host] = owner.trim().split(" ");
    if ((host !== undefined && host !== hostname()) || isAlive(Number(pid), owner)) {
      const place = host === undefined || host === hostname() ? "" : ` on ${host}`;
      throw new DataFileError(
        `${file} is in use by process ${pid}${place}. Stop that one, or give this one another file. ` +
          `If there is no such process any more, remove ${lock}.`,
      );
    }
    discard(lock, owner);
  }
}

/** Removes a dead process's lock, and only that one: between the look and the removal another process may have taken it over. */
function discard(lock: string, owner: string): void {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readFileSync(aside, "utf8") !== owner) linkSync(aside, lock);
  } catch {
    // Somebody else was quicker: the next look shows who.
  }
  rmSync(aside, { force: true });
}

/** A process id alone is used again after a while; with its start time it is not. Of another machine's it says nothing. */
function ownerText(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The start time is field 22; the name, field 2, may hold blanks and ends with the last bracket.
  return `${pid} ${stat?.slice(stat.lastIndexOf(")")).split(" ")[20] ?? "-"} ${hostname()}\n`;
}

function isAlive(pid: number, owner: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return ownerText(pid) === owner;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
