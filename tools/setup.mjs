// Makes a checkout ready to run: installs the dependencies of the lockfile, then builds. Plain JavaScript,
// because it runs before anything is installed. It prints only to stderr, because stdout belongs to the
// command that follows.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LOCKFILE = "package-lock.json";
/** npm writes it at the end of an install, so it is newer than a lockfile that is completely installed. */
const INSTALLED = "node_modules/.package-lock.json";

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
if (!existsSync(INSTALLED) || statSync(INSTALLED).mtimeMs < statSync(LOCKFILE).mtimeMs) {
  console.error("Installing dependencies (about a minute) …");
  // No dependency needs its install script, and some would look for a compiler. Not `npm ci`: it refuses a
  // lockfile that lacks the optional packages of other platforms, which npm leaves out if the registry does
  // not have them.
  run("npm", ["install", "--no-save", "--ignore-scripts", "--loglevel=error"]);
}
run(process.execPath, ["tools/build.mjs"]);
