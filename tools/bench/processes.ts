import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { type EventEmitter, once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ReferenceOptions } from "../../provider/reference";
import { ROOT } from "../root";

// Everything that is not itself measured runs in a process of its own, so that its work is not counted with its caller's.

/** An HTTP server in a process of its own. */
export interface ApiProcess {
  readonly url: string;
  readonly accessToken: string;
  /** After a garbage collection. */
  memoryBytes(): Promise<{ rss: number; heap: number }>;
  stop(): Promise<void>;
}

/** The reference API. */
export const forkReference = (options: ReferenceOptions = {}) => forkApi("reference", options);

/** What a bare API answers, by method and, for the list, by path. */
export interface BareAnswers {
  readonly GET: object;
  readonly POST?: object;
  readonly list?: readonly object[];
}

/** A `node:http` server without any logic, which answers after so many milliseconds. */
export const forkBareApi = (answers: BareAnswers, delayMs = 0) => forkApi("bare", { answers, delayMs });

async function forkApi(kind: string, options: object): Promise<ApiProcess> {
  const child: ChildProcess = fork(path.join(__dirname, "child.js"), [kind, JSON.stringify(options)], {
    execArgv: ["--expose-gc"],
  });
  const [{ url, accessToken }] = await firstEvent<[Pick<ApiProcess, "url" | "accessToken">]>(
    child,
    child,
    "message",
  );
  return {
    url,
    accessToken,
    async memoryBytes() {
      child.send("memory");
      const [{ rss, heapUsed }] = await once(child, "message");
      return { rss, heap: heapUsed };
    },
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}

/** The plugin, and one that sends the same requests without any logic. */
export const PLUGIN = path.join(ROOT, "pulumi-resource-postject");
export const BARE_PLUGIN = path.join(ROOT, "tools/bench/bare/pulumi-resource-postject");

/** Waits for an event of a process. Rejects if the process ends before: the bench would end with it, in silence. */
export function firstEvent<Values extends unknown[]>(
  child: ChildProcess,
  source: EventEmitter,
  event: string,
): Promise<Values> {
  return new Promise((done, fail) => {
    source.once(event, (...values) => done(values as Values));
    child.once("exit", (code: number | null) =>
      fail(new Error(`${child.spawnargs.join(" ")} ended with exit code ${code}`)),
    );
  });
}

/**
 * How long a fresh Node.js takes until it has printed a first line, and until what is done with that line is done, in
 * milliseconds; and the line.
 */
export async function startNode(
  args: readonly string[],
  use: (line: string) => Promise<unknown> = async () => {},
): Promise<{ lineMs: number; usedMs: number; line: string }> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const [printed] = await firstEvent(child, child.stdout, "data");
  const lineMs = performance.now() - started;
  const line = String(printed).trim();
  await use(line);
  const usedMs = performance.now() - started;
  const ended = once(child, "exit");
  // It ends by itself, so that a compile cache is written.
  child.stdin.end();
  await ended;
  return { lineMs, usedMs, line };
}

/** What a process holds of the machine's memory. */
export function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kibibytes = existsSync(status)
    ? /VmRSS:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1]
    : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return Number(kibibytes) * 1024;
}
