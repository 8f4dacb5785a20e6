// Makes a checkout ready to run: dependencies as the lockfile says, then the build. Plain JavaScript, because it runs
// when nothing is installed yet. Everything it prints goes to stderr: stdout belongs to the command that follows.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LOCKFILE = "package-lock.json";
/** npm writes it at the end of an install, so it is younger than a lockfile that has been installed whole. */
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
  // No dependency needs its install script, and some would look for a compiler. Not `npm ci`: it refuses a lockfile that
  // lacks other platforms' optional packages, which npm leaves out where the registry does not have them.
  run("npm", ["install", "--no-save", "--ignore-scripts", "--loglevel=error"]);
}
run(process.execPath, ["tools/build.mjs"]);
