import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import * as z from "zod/mini";
import { isLoopback, type Plan, planNames, VERSION } from "../spec";
import { controlHost } from "./control";
import { DataFileError } from "./data-file-lock";
import { faultRule } from "./faults";
import { urlOf } from "./http";
import { parse } from "./parse";
import { type Connection, type ReadyFormat, readyFormats, readyLines } from "./ready-lines";
import { startReference } from "./reference";
import { RefusedError } from "./responses";
import { seed } from "./shapes";
import type { LoggedRequest, Reference } from "./types";

/** What 7678 spells on a telephone: POST. Always the same, so that an `.env` file stays right. */
const DEFAULT_PORT = 7678;
const LOOPBACK = "127.0.0.1";

const EXIT_CODES = `
Exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 could not start or reach the reference, 2 wrong usage.`;

interface StartOptions {
  readonly port: number;
  readonly host: string;
  readonly plan?: Plan;
  readonly seed?: string;
  readonly data?: string;
  readonly faults?: string;
  readonly log?: true;
  readonly control: boolean;
  readonly controlHost: string[];
}

interface EnvOptions {
  readonly port: number;
  readonly host: string;
  readonly format: ReadyFormat;
}

/** Runs `postject-reference`. Answers the exit code once it is done, and undefined while a reference is running. */
export async function run(argv: readonly string[]): Promise<number | undefined> {
  let isRunning = false;
  const port = () =>
    new Option("--port <number>", "port; 0 takes any free one").default(DEFAULT_PORT).argParser(readPort);
  const program = new Command("postject-reference")
    .description("Runs a Postject API on this machine, for programs and tests that need no account.")
    .version(VERSION, "--version", "print the version")
    .helpOption("-h, --help", "print this")
    .addOption(port())
    .option(
      "--host <name>",
      "address to listen on; other machines can reach it unless it is a loopback one",
      LOOPBACK,
    )
    .addOption(
      new Option("--plan <name>", "plan of the first account (default: professional)").choices(planNames),
    )
    .option("--seed <file>", "JSON file of accounts and servers to start with, if there are no servers yet")
    .option("--data <file>", "SQLite file that keeps accounts and servers (default: in memory)")
    .option("--faults <file>", "JSON file with a list of faults to start with")
    .option("--log", "print a line for each request on stderr")
    .option("--no-control", "no pages and nothing below /_reference/")
    .addOption(
      new Option(
        "--control-host <name>",
        "further host name that /_reference/ is reached by, such as a container's; may be given several times",
      )
        .default([], "none")
        .argParser(addControlHost),
    )
    .addHelpText("after", EXIT_CODES)
    .enablePositionalOptions()
    .exitOverride()
    .action(async (options: StartOptions) => {
      await start(options);
      isRunning = true;
    });
  program
    .command("env")
    .description("print the lines that connect a program to a running reference, with a new access token")
    .helpOption("-h, --help", "print this")
    .addOption(port())
    .option("--host <name>", "address or name that it is reached by", LOOPBACK)
    .addOption(new Option("--format <name>", "for what").choices(readyFormats).default("shell"))
    .addHelpText("after", '\nFor example: eval "$(postject-reference env)"')
    .action(async (options: EnvOptions) => {
      console.log(readyLines[options.format](await connect(options)).join("\n"));
    });
  try {
    await program.parseAsync(argv);
    return isRunning ? undefined : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(`postject-reference: ${(error as Error).message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** What was asked for cannot be right. */
class UsageError extends Error {}

function readPort(text: string): number {
  const port = Number(text);
  if (text.trim() !== "" && Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new InvalidArgumentError("It takes a whole number up to 65535.");
}

function addControlHost(name: string, names: string[]): string[] {
  if (!controlHost.safeParse(name).success)
    throw new InvalidArgumentError("It takes a host name alone, without scheme and port.");
  return [...names, name];
}

async function start(options: StartOptions): Promise<void> {
  const { port, host, plan, data, control, log } = options;
  const reference = await startReference({
    port,
    host,
    control,
    controlHosts: options.controlHost,
    ...(plan && { plan }),
    ...(data !== undefined && { dataFile: data }),
    ...(options.seed !== undefined && { seed: readJsonFile("--seed", options.seed, seed) }),
    ...(options.faults !== undefined && {
      faults: readJsonFile("--faults", options.faults, z.array(faultRule)),
    }),
    ...(log && { onRequest: (request) => console.error(describeRequest(request)) }),
  }).catch((error: unknown) => {
    throw explainStart(error, options);
  });
  if (!isLoopback(host)) {
    const open = control ? " and steer it, also to make access tokens: --no-control ends that" : "";
    console.error(
      `postject-reference: warning: everybody who reaches ${host} can use this reference${open}.`,
    );
  }
  const stop = () => void reference.stop().then(() => process.exit(0));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  console.log(greet(reference, options));
}

function greet(reference: Reference, { data, control }: StartOptions): string {
  const { url, accessToken } = reference;
  const indent = (lines: string[]) => lines.map((line) => `  ${line}`).join("\n");
  const pages = control ? `\nWhat it holds: ${url}/   its routes: ${url}/_reference/docs` : "";
  return `Postject reference API ${VERSION}: ${url}

Access token, good for 30 days${data === undefined ? " while this process runs" : ""}:
  ${accessToken}

For the shell:
${indent(readyLines.shell(reference))}

For a stack:
${indent(readyLines.pulumi(reference))}

For a .env file:
${indent(readyLines.dotenv(reference))}

Servers: ${reference.servers().length}, kept in ${data ?? "memory"}.${pages}
Ctrl-C stops it.`;
}

/** Nothing but a JWT: the lines that hold it are run by a shell, and something else may listen at the port. */
const connection = z.object({ accessToken: z.string().check(z.regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)) });

/** Asks the running reference for an access token. */
async function connect({ host, port }: EnvOptions): Promise<Connection> {
  const url = urlOf(host, port);
  const answer = await fetch(`${url}/_reference/access-tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(10_000),
  }).catch(() => {
    throw new Error(`Nothing answers at ${url}. Start it with \`postject-reference --port ${port}\`.`);
  });
  const minted = connection.safeParse(await answer.json().catch(() => undefined));
  if (answer.status === 403 && (await isReference(url)))
    throw new Error(
      `The postject-reference at ${url} refuses requests for the name ${host} on its control plane. Start it with ` +
        `\`--control-host ${host}\`, or give its address with --host.`,
    );
  if (!minted.success) {
    throw new Error(`What answers at ${url} is no postject-reference, or it was started with --no-control.`);
  }
  return { url, accessToken: minted.data.accessToken };
}

/** Whether a reference runs at a URL: its health route takes any host name. */
async function isReference(url: string): Promise<boolean> {
  const response = await fetch(`${url}/_reference/health`, { signal: AbortSignal.timeout(10_000) });
  return z.object({ status: z.literal("ok") }).safeParse(await response.json().catch(() => undefined))
    .success;
}

function readJsonFile<Value>(option: string, file: string, schema: z.ZodMiniType<Value>): Value {
  let json: unknown;
  try {
    // Editors of Windows put a byte order mark in front.
    json = JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/, ""));
  } catch (error) {
    throw new UsageError(`${option}: ${file} is not a JSON file: ${(error as Error).message}`);
  }
  try {
    return parse(schema, json, "the whole");
  } catch (error) {
    throw new UsageError(`${option}: ${file}: ${(error as Error).message}`);
  }
}

function explainStart(error: unknown, { port, host }: StartOptions): Error {
  if (error instanceof UsageError || error instanceof DataFileError) return error;
  if (error instanceof RefusedError) return new UsageError(`--seed: ${error.message}`);
  const { code, message } = error as NodeJS.ErrnoException;
  const explanations: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is taken, perhaps by another postject-reference. Give another one with --port, or --port 0 for any free one.`,
    EACCES: `Port ${port} is not open to this user. Give one above 1023 with --port, or --port 0 for any free one.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. Give another one with --host.`,
    ENOTFOUND: `${host} is not an address or name of this machine. Give another one with --host.`,
  };
  return new Error(explanations[code ?? ""] ?? message);
}

function describeRequest({ at, method, path, status, fault, elapsedMs }: LoggedRequest): string {
  return `${at} ${method} ${path} ${status ?? "-"} ${elapsedMs} ms${fault ? ` (fault: ${fault})` : ""}`;
}
