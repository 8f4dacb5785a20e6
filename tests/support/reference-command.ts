import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { unpackPackage } from "./unpacked-package";

const unpacked = unpackPackage();
afterAll(() => unpacked.remove());

/** `postject-reference` as users have it. */
export const COMMAND = path.join(unpacked.package, "dist/provider/reference/main.js");

export interface RunningCommand {
  readonly url: string;
  readonly accessToken: string;
  readonly process: ChildProcess;
  /** All of stdout and stderr so far. */
  printed(): string;
  /** Sends a signal and waits for the end: exit code and signal. */
  end(signal: NodeJS.Signals): Promise<unknown[]>;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts `postject-reference` in a process of its own, on a free port unless `args` name one, and waits until
 * it is ready. What a test leaves running is killed after it.
 */
export async function startCommand(args: readonly string[] = []): Promise<RunningCommand> {
  const child = spawn(process.execPath, [COMMAND, "--port", "0", ...args]);
  running.add(child);
  child.once("exit", () => running.delete(child));
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      printed += chunk;
    });
  await new Promise<void>((done, fail) => {
    child.stdout.on("data", () => printed.includes("Ctrl-C stops it.") && done());
    child.once("close", () => fail(new Error(printed)));
  });
  return {
    url: /http:\/\/\S+:\d+/.exec(printed)?.[0] ?? "",
    accessToken: /eyJ\S+/.exec(printed)?.[0] ?? "",
    process: child,
    printed: () => printed,
    end(signal) {
      const ended = once(child, "exit");
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs the command to its end. */
export function runCommand(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}
