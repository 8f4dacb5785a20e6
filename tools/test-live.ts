import { spawnSync } from "node:child_process";
import path from "node:path";
import { configuration } from "../provider/spec";
import { ROOT } from "./root";

const ACCESS_TOKEN = "POSTJECT_LIVE_ACCESS_TOKEN";
const ENDPOINT = "POSTJECT_LIVE_ENDPOINT";
const YES = "POSTJECT_LIVE_YES";

/** Runs the contract suite against a live API, if both an access token and an explicit yes allow it. */
function main(): number {
  const endpoint = process.env[ENDPOINT] ?? configuration.endpoint.default;
  if (!process.env[ACCESS_TOKEN]) {
    console.error(`Set ${ACCESS_TOKEN} to an access token of the account to test with. Nothing was sent.`);
    return 2;
  }
  if (process.env[YES] !== "1" && !process.argv.includes("--yes")) {
    console.error(
      `This creates and deletes servers, all named pulumi-postject-contract-…, at ${endpoint}. ` +
        `If that is meant: \`npm run test:live -- --yes\`, or set ${YES}=1. Nothing was sent.`,
    );
    return 2;
  }
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(ROOT, "node_modules/jest/bin/jest.js"),
      "--ci",
      "--selectProjects",
      "contract",
      "--testPathPatterns",
      "contract.test.ts",
    ],
    { cwd: ROOT, stdio: "inherit", env: { ...process.env, POSTJECT_LIVE_RUN: "1" } },
  );
  return status ?? 1;
}

process.exitCode = main();
