import { fstatSync } from "node:fs";

/**
 * Calls `stop` when the engine is gone. An engine that is killed sends no signal, but the pipe that it holds to the process
 * ends; a language host gives /dev/null, whose end means nothing.
 */
export function endWithEngine(stop: () => void): void {
  const stdin = fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.resume().on("end", stop);
}
