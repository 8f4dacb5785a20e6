import { Socket } from "node:net";

/**
 * Calls `stop` when the engine is gone. An engine that is killed sends no signal, but the pipe that it holds
 * to the process ends; a language host gives /dev/null, whose end means nothing.
 *
 * What kind of stream it is must not be asked of `fs.fstat`, synchronous or not: Node.js 20 and 22 then take
 * the module loader's next path for a pipe too and no longer resolve its symbolic links, so later `require`s
 * of this process, also those of other dynamic providers, fail in a tree that pnpm installed.
 */
export function endWithEngine(stop: () => void): void {
  const { stdin } = process;
  if (stdin instanceof Socket && !stdin.isTTY) stdin.resume().on("end", stop);
}
