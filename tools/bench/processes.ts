import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { type EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../root";

/** The plugin, and one that starts as it does but has no logic. */
export const PLUGIN = path.join(ROOT, "pulumi-resource-postject");
export const BARE_PLUGIN = path.join(ROOT, "tools/bench/bare-plugin.js");

/** An HTTP server in a process of its own, so that its work is not counted with its caller's. */
export interface Api {
  readonly url: string;
  readonly accessToken: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts the reference API, whose responses take at least `delayMs`. */
export const startReferenceProcess = (delayMs = 0) => startApi("reference", { delayMs });

/** Starts a `node:http` server without any logic, which sends the same responses after `delayMs`. */
export const startBareApi = (responses: BareResponses, delayMs = 0) =>
  startApi("bare", { responses, delayMs });

/** What a bare API returns for a single server, for a create, and for the list. */
export interface BareResponses {
  readonly get: object;
  readonly post?: object;
  readonly list?: readonly object[];
}

async function startApi(kind: string, options: object): Promise<Api> {
  const child = fork(path.join(__dirname, "api.js"), [kind, JSON.stringify(options)]);
  const [{ url, accessToken }] = await firstEvent<[Pick<Api, "url" | "accessToken">]>(
    child,
    child,
    "message",
  );
  return {
    url,
    accessToken,
    pid: child.pid ?? 0,
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}

/**
 * Starts a fresh Node.js that prints a line, and measures how long it takes to that line and until `use` is
 * done with it, in milliseconds.
 */
export async function startNode(
  args: readonly string[],
  use: (line: string) => Promise<unknown> = async () => {},
): Promise<{ lineMs: number; usedMs: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await firstEvent(child, child.stdout, "data");
  const lineMs = performance.now() - started;
  await use(String(line).trim());
  const usedMs = performance.now() - started;
  const ended = once(child, "exit");
  // It ends by itself, so that its compile cache is written.
  child.stdin.end();
  await ended;
  return { lineMs, usedMs };
}

/** Waits for an event. Rejects if the process ends first: the bench would hang or end in silence. */
export function firstEvent<Values extends unknown[]>(
  child: ChildProcess,
  source: EventEmitter,
  event: string,
): Promise<Values> {
  return new Promise((resolve, reject) => {
    source.once(event, (...values) => resolve(values as Values));
    child.once("exit", (code) =>
      reject(new Error(`${child.spawnargs.join(" ")} ended with exit code ${code}`)),
    );
  });
}

/** Resident memory of a process. */
export function residentMebibytes(pid: number): number {
  const kibibytes =
    process.platform === "linux"
      ? /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
      : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return Number(kibibytes) / 1024;
}
