#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { PostjectError, toPlainLines } from "../client";
import { VERSION } from "../spec";
import { openAccount } from "./account";
import { createImportFile, type Form, formNames, nextSteps } from "./import-file";
import { type OrphansOptions, reportOrphans } from "./orphans";
import { countServers, OutputError, print, writeTo } from "./output";
import { readStack, readStateFile, type StackState, UsageError } from "./states";

/** What ends the process, documented in the help. */
const exitCodes = { done: 0, failed: 1, usage: 2, orphansFound: 3 } as const;

interface StateOptions {
  readonly stack?: string[];
  readonly account?: string;
}

const readStates = (files: readonly string[], stacks: readonly string[] = []): Promise<StackState[]> =>
  Promise.all([...stacks.map(readStack), ...files.map(readStateFile)]);

let help = "";

const program = new Command("pulumi-postject")
  .configureOutput({
    writeOut: (text) => {
      help += text;
    },
  })
  .description("Finds servers of a Postject account that no Pulumi stack has, and imports or deletes them.")
  .version(VERSION)
  .exitOverride()
  .addHelpText(
    "after",
    `
The access token comes from the configuration of the first --stack, or else from POSTJECT_ACCESS_TOKEN.
No command prints a token.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 orphans found (with --expect-none).`,
  );

/** A shell makes an empty value of a variable that is not set. As a filter, it would match every server. */
function refuseEmpty(value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("It is empty.");
  return value;
}

const withStates = (command: Command) =>
  command
    .option(
      "--stack <name>",
      "a stack of the Pulumi project in this folder; may be repeated",
      (name: string, before: string[] = []) => [...before, refuseEmpty(name)],
    )
    .option(
      "--account <name>",
      "a named account: `staging` reads postject-staging:* and POSTJECT_STAGING_*",
      refuseEmpty,
    );

withStates(program.command("orphans"))
  .description("list the servers that none of the given stacks has")
  .argument("[state-file...]", "files that `pulumi stack export` wrote; - is standard input")
  .option("--name-contains <text>", "only servers whose name contains this, in either case", refuseEmpty)
  .option("--json", "print JSON")
  .option("--expect-none", `exit with code ${exitCodes.orphansFound} if any are found`)
  .option("--delete", "permanently delete the listed servers; requires --yes")
  .option("--yes", "confirm --delete")
  .action(async (files: string[], options: StateOptions & OrphansOptions & { expectNone?: boolean }) => {
    if (files.length === 0 && options.stack === undefined) {
      throw new UsageError(
        "Say which stacks own servers: --stack, or files that `pulumi stack export` wrote",
      );
    }
    const client = await openAccount(options);
    const left = await reportOrphans(
      client,
      () => readStates(files, options.stack),
      options,
      print,
      console.error,
    );
    if (options.expectNone && left > 0) process.exitCode = exitCodes.orphansFound;
  });

withStates(program.command("import-file"))
  .description("write a file for `pulumi import --file`")
  .argument("[id...]", "ids of servers")
  .option("--all", "all servers that none of the given stacks has")
  .addOption(
    new Option(
      "--form <form>",
      "what the program uses: `dynamic` for a TypeScript program without the plugin",
    )
      .choices(formNames)
      .default("plugin"),
  )
  .option("--out <file>", "file to write (default: standard output)", refuseEmpty)
  .action(async (ids: string[], options: StateOptions & { all?: boolean; form: Form; out?: string }) => {
    if (ids.length > 0 === (options.all === true))
      throw new UsageError("Give either ids of servers or --all");
    const client = await openAccount(options);
    const states = await readStates([], options.stack);
    const { text, serverCount } = await createImportFile(client, options, ids, states);
    const { out, form } = options;
    if (out === undefined) return print(text);
    await writeTo(out, `${text}\n`);
    await print(`Wrote ${countServers(serverCount)} to ${out}.`);
    if (serverCount > 0) await print(nextSteps(out, form));
  });

async function main(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed its own errors already; --help and --version aren't errors.
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (help !== "") await print(help.trimEnd());
  }
}

main().catch((error: unknown) => {
  const isExpected =
    error instanceof PostjectError || error instanceof UsageError || error instanceof OutputError;
  // It may hold an id as the API has it, or what Pulumi printed.
  const shown = isExpected ? toPlainLines(error.message) : (error as Error).stack;
  console.error(`pulumi-postject: ${shown}`);
  process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
});
