import { readFileSync } from "node:fs";
import { type Command, CommanderError, createCommand, InvalidArgumentError, Option } from "commander";
import { isLoopback, type Plan, planNames, VERSION } from "../spec";
import { type ConnectionFormat, connect, connectionFormats, connectionLines } from "./connection";
import {
  DataFileError,
  type FaultRule,
  type LoggedRequest,
  type Reference,
  RefusedError,
  type Seed,
  startReference,
} from "./index";

/** POST, on a telephone keypad. A fixed port keeps `.env` files valid. */
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
  readonly format: ConnectionFormat;
}

/** Runs `postject-reference`. Resolves to the exit code, or to undefined while a reference is running. */
export async function run(argv: readonly string[]): Promise<number | undefined> {
  let isRunning = false;
  const program = createProgram().action(async (options: StartOptions, { args: [unknown] }: Command) => {
    if (unknown !== undefined) throw new UsageError(`unknown command '${unknown}'; the only one is 'env'`);
    await start(options);
    isRunning = true;
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

/** The command line, or a file that it names, is wrong. */
class UsageError extends Error {}

function createProgram(): Command {
  const port = () =>
    new Option("--port <number>", "port; 0 takes any free one").default(DEFAULT_PORT).argParser(readPort);
  const program = createCommand("postject-reference")
    .description("Runs a Postject API on this machine, for programs and tests without an account.")
    .version(VERSION, "--version", "print the version")
    .helpOption("-h, --help", "print this")
    .addOption(port())
    .option(
      "--host <name>",
      "address to listen on; unless it is a loopback address, other machines can reach it",
      LOOPBACK,
    )
    .addOption(
      new Option("--plan <name>", "plan of the first account (default: professional)").choices(planNames),
    )
    .option(
      "--seed <file>",
      "JSON file of accounts and servers to start with, unless there are servers already",
    )
    .option("--data <file>", "SQLite file for accounts and servers (default: in memory)")
    .option("--faults <file>", "JSON file with a list of faults to start with")
    .option("--log", "print a line for each request on stderr")
    .option("--no-control", "no pages, and nothing under /_reference/")
    .addOption(
      new Option(
        "--control-host <name>",
        "additional host name for /_reference/, such as a container's; may be repeated",
      )
        .default([], "none")
        .argParser((name: string, names: string[]) => [...names, name]),
    )
    .addHelpText("after", EXIT_CODES)
    .enablePositionalOptions()
    .allowExcessArguments()
    .exitOverride();
  program
    .command("env")
    .description("print the lines that connect a program to a running reference, with a new access token")
    .helpOption("-h, --help", "print this")
    .addOption(port())
    .option("--host <name>", "address or name of the reference", LOOPBACK)
    .addOption(
      new Option("--format <name>", "format of the lines").choices(connectionFormats).default("shell"),
    )
    .addHelpText(
      "after",
      '\nIn bash or zsh: eval "$(npx postject-reference env)"' +
        "\nIn PowerShell:  npx postject-reference env --format powershell | Invoke-Expression",
    )
    .action(async (options: EnvOptions) => {
      console.log(connectionLines[options.format](await connect(options.host, options.port)).join("\n"));
    });
  return program;
}

function readPort(text: string): number {
  const port = Number(text);
  if (text.trim() !== "" && Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new InvalidArgumentError("It takes a whole number up to 65535.");
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
    // `startReference` checks the content of the files.
    ...(options.seed !== undefined && { seed: readJsonFile("--seed", options.seed) as Seed }),
    ...(options.faults !== undefined && { faults: readJsonFile("--faults", options.faults) as FaultRule[] }),
    ...(log && { onRequest: (request) => console.error(describeRequest(request)) }),
  }).catch((error: unknown) => {
    throw explainStart(error, options);
  });
  if (!isLoopback(host)) {
    const open = control
      ? " and control it, including minting access tokens; --no-control prevents that"
      : "";
    console.error(`postject-reference: warning: anyone who can reach ${host} can use this reference${open}.`);
  }
  const stop = () => void reference.stop().then(() => process.exit(0));
  // Not `once`: a terminal and what runs this often both send a signal; a second must not cut the stop short.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  console.log(greet(reference, options));
}

function greet(reference: Reference, { host, data, control }: StartOptions): string {
  const { url, accessToken } = reference;
  const lifetime = `valid for 30 days${data === undefined ? " while this process runs" : ""}`;
  const isWindows = process.platform === "win32";
  const { hostname, port } = new URL(url);
  const env =
    "npx postject-reference env" +
    (hostname === LOOPBACK ? "" : ` --host ${host}`) +
    (Number(port) === DEFAULT_PORT ? "" : ` --port ${port}`);
  const withControl = `Access token, ${lifetime}:
  ${accessToken}

To connect another shell:
  ${isWindows ? `${env} --format powershell | Invoke-Expression` : `eval "$(${env})"`}
Add --format powershell, dotenv or pulumi to get the lines for another use.`;
  // Without a control plane, `env` gets no access token.
  const withoutControl = `To connect a shell, with an access token that is ${lifetime}:
  ${connectionLines[isWindows ? "powershell" : "shell"](reference).join("\n  ")}`;
  const pages = `\nContents: ${url}/   Routes: ${url}/_reference/docs`;
  return `Postject reference API ${VERSION}: ${url}

${control ? withControl : withoutControl}

Servers: ${reference.servers().length}, kept in ${data ?? "memory"}.${control ? pages : ""}
Ctrl-C stops it.`;
}

function readJsonFile(option: string, file: string): unknown {
  try {
    // Windows editors save UTF-8 with a byte order mark.
    return JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/, ""));
  } catch (error) {
    throw new UsageError(`${option}: ${file} is not a JSON file: ${(error as Error).message}`);
  }
}

function explainStart(error: unknown, { port, host }: StartOptions): Error {
  if (error instanceof DataFileError) return error;
  if (error instanceof RefusedError) return new UsageError(error.message);
  const { code, message } = error as NodeJS.ErrnoException;
  const explanations: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is taken, perhaps by another postject-reference. Give another one with --port, or --port 0 for any free one.`,
    EACCES: `Port ${port} needs more privileges than this user has. Give one above 1023 with --port, or --port 0 for any free one.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. Give another one with --host.`,
    ENOTFOUND: `${host} is not an address or name of this machine. Give another one with --host.`,
  };
  return new Error(explanations[code ?? ""] ?? message);
}

function describeRequest({ at, method, path, status, fault, elapsedMs }: LoggedRequest): string {
  return `${at} ${method} ${path} ${status ?? "-"} ${elapsedMs} ms${fault ? ` (fault: ${fault})` : ""}`;
}
