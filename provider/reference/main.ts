#!/usr/bin/env node
import { parseArgs } from "node:util";
import { configuration, PACKAGE_NAME, type Plan, planNames, VERSION } from "../spec";
import { type Reference, startReference } from "./server";

const HELP = `Runs the Postject reference API on this machine's loopback address, until Ctrl-C.

Usage: postject-reference [options]

  --port <number>   port to listen on (default: any free one)
  --plan <name>     plan of the account: ${planNames.join(", ")} (default: professional)
  --version         print the version
  --help            print this

Exit codes: 0 stopped by Ctrl-C, 1 could not start, 2 wrong usage.`;

async function main(): Promise<void> {
  const options = readOptions();
  if (typeof options === "string") {
    console.log(options);
    return;
  }
  const reference = await startReference(options);
  console.log(greeting(reference));
  const stop = async () => {
    await reference.stop();
    process.exit(0);
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

/** The options, or the text that was asked for instead. */
function readOptions(): { port: number; plan: Plan } | string {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      plan: { type: "string", default: "professional" },
      version: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return HELP;
  if (values.version) return VERSION;
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError("--port takes a number up to 65535");
  const plan = planNames.find((name) => name === values.plan);
  if (plan === undefined) throw new UsageError(`--plan takes one of ${planNames.join(", ")}`);
  return { port, plan };
}

class UsageError extends Error {}

function greeting({ url, accessToken }: Reference): string {
  return `Postject reference API: ${url}

For the shell:
  export ${configuration.endpoint.env}=${url}
  export ${configuration.accessToken.env}=${accessToken}

Or for a stack:
  pulumi config set ${PACKAGE_NAME}:endpoint ${url}
  pulumi config set --secret ${PACKAGE_NAME}:accessToken ${accessToken}

The token is good for a day and for this process; servers are kept in memory. Ctrl-C stops it.`;
}

main().catch((error: NodeJS.ErrnoException) => {
  const isUsage = error instanceof UsageError || error.code?.startsWith("ERR_PARSE_ARGS");
  const message =
    error.code === "EADDRINUSE"
      ? "The port is taken. Give another one with --port, or none for any free one."
      : error.message;
  console.error(`postject-reference: ${message}${isUsage ? "\n--help shows the options." : ""}`);
  process.exit(isUsage ? 2 : 1);
});
