import { fstat } from "node:fs";

/**
 * Calls `stop` when the engine is gone. An engine that is killed sends no signal, but the pipe that it holds to the process
 * ends; a language host gives /dev/null, whose end means nothing.
 *
 * The call to `fstat` must be the asynchronous one: after a synchronous `fstat` of a pipe, Node.js 20 and 22 no longer resolve
 * symbolic links when they load modules, so later `require`s of this process fail in a tree that pnpm installed.
 */
export function endWithEngine(stop: () => void): void {
  fstat(0, (error, stdin) => {
    if (error === null && (stdin.isFIFO() || stdin.isSocket())) process.stdin.resume().on("end", stop);
  });
}
