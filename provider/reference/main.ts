#!/usr/bin/env node
import { run } from "./command";

void run(process.argv).then((exitCode) => {
  if (exitCode !== undefined) process.exit(exitCode);
});
