#!/usr/bin/env node
import { run } from "./command";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that closes the pipe, like `head -1`, has seen all it wants.
  if (error.code === "EPIPE") return;
  console.error(`postject-reference: cannot write to standard output: ${error.message}`);
  process.exit(1);
});

// What is logged there is lost once nobody reads it, which is no reason to stop.
process.stderr.on("error", () => {});

void run(process.argv).then((exitCode) => {
  // The error of a write is only reported afterwards.
  if (exitCode !== undefined) setImmediate(() => process.exit(exitCode));
});
