import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { ROOT } from "../../tools/root";

export const COMMAND = path.join(ROOT, "dist/provider/reference/main.js");

export interface RunningCommand {
  readonly url: string;
  readonly accessToken: string;
  readonly process: ChildProcess;
  /** All of stdout and stderr so far. */
  printed(): string;
  /** Sends a signal and waits for the end: exit code and signal. */
  end(signal: NodeJS.Signals): Promise<unknown[]>;
}

/** Starts `postject-reference` in a process of its own, on a free port unless `args` name one, and waits until it is ready. */
export async function startCommand(args: readonly string[] = []): Promise<RunningCommand> {
  const child = spawn(process.execPath, [COMMAND, "--port", "0", ...args]);
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      printed += chunk;
    });
  await new Promise<void>((done, fail) => {
    child.stdout.on("data", () => printed.includes("Ctrl-C stops it.") && done());
    child.once("exit", () => fail(new Error(printed)));
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
