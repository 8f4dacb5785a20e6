import { writeFile } from "node:fs/promises";

/** Output that could not be written. */
export class OutputError extends Error {}

/**
 * Prints a line to standard output. Rejects with an `OutputError` if it is lost, so that nothing is deleted
 * that the user was never shown. A reader that closes the pipe, like `head -1`, has seen all it wants.
 */
export function print(text: string): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.write(`${text}\n`, (error) => {
      if (!error || (error as NodeJS.ErrnoException).code === "EPIPE") done();
      else fail(new OutputError(`Cannot write to standard output: ${reasonOf(error)}`));
    });
  });
}

// Each write reports its own error; without a listener, Node.js would also end with a stack trace.
process.stdout.on("error", () => {});

/** Writes a file. Rejects with an `OutputError` that names it. */
export async function writeTo(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new OutputError(`Cannot write ${file}: ${reasonOf(error)}`);
  }
}

/** What `JSON.stringify` keeps but terminals may act on: DEL, C1, line separators, bidirectional controls. */
const UNESCAPED = /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Indented JSON that is safe to show in a terminal. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A system error in words (`no such file or directory`), without the code and call that Node.js adds. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/^E[A-Z0-9]+: (.*?), \w+\b.*$/s, "$1");
}

export const countServers = (count: number): string => `${count} ${count === 1 ? "server" : "servers"}`;
