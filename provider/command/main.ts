#!/usr/bin/env node
import { writeFile } from "node:fs/promises";
import { Command, CommanderError, Option } from "commander";
import { PostjectError } from "../client";
import { VERSION } from "../spec";
import { openAccount } from "./account";
import { type Form, formNames, renderImportFile } from "./import-file";
import { type OrphansOptions, reportOrphans } from "./orphans";
import { readStack, readStateFile, type StackState, UsageError } from "./states";

/** What ends the process, documented in the help. */
const exitCodes = { done: 0, failed: 1, usage: 2, orphansFound: 3 } as const;

interface StateOptions {
  readonly stack?: string[];
  readonly account?: string;
}

const readStates = (files: readonly string[], stacks: readonly string[] = []): Promise<StackState[]> =>
  Promise.all([...stacks.map(readStack), ...files.map(readStateFile)]);

const program = new Command("pulumi-postject")
  .description("Looks after the servers of a Postject account beside Pulumi.")
  .version(VERSION)
  .exitOverride()
  .addHelpText(
    "after",
    `
The access token is that of the first --stack's configuration, else POSTJECT_ACCESS_TOKEN. No command prints a token.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 orphans found (with --expect-none).`,
  );

const withStates = (command: Command) =>
  command
    .option(
      "--stack <name>",
      "a stack of the Pulumi project in this folder, read with `pulumi stack export`; may be repeated",
      (name: string, before: string[] = []) => [...before, name],
    )
    .option("--account <name>", "a named account: `staging` reads postject-staging:* and POSTJECT_STAGING_*");

withStates(program.command("orphans"))
  .description("list servers of the account that none of the given stacks has")
  .argument("[state-file...]", "states that `pulumi stack export` wrote; - is standard input")
  .option("--name-contains <text>", "only servers whose name contains this")
  .option("--json", "print JSON")
  .option("--expect-none", `end with exit code ${exitCodes.orphansFound} if there is one`)
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
      console.log,
      console.error,
    );
    if (options.expectNone && left > 0) process.exitCode = exitCodes.orphansFound;
  });

withStates(program.command("import-file"))
  .description("write a file for `pulumi import --file`, of the given servers or all")
  .argument("[id...]", "ids of servers")
  .option("--all", "all servers that the given stacks do not own")
  .addOption(
    new Option("--form <form>", "what the program uses: `dynamic` is the TypeScript package")
      .choices(formNames)
      .default("plugin"),
  )
  .option("--out <file>", "file to write; standard output unless given")
  .action(async (ids: string[], options: StateOptions & { all?: boolean; form: Form; out?: string }) => {
    if (ids.length > 0 === (options.all === true))
      throw new UsageError("Give either ids of servers or --all");
    const client = await openAccount(options);
    const owned = new Set((await readStates([], options.stack)).flatMap(({ serverIds }) => serverIds));
    const text = await renderImportFile(client, options, ids, (id) => !owned.has(id));
    if (options.out === undefined) process.stdout.write(text);
    else await writeFile(options.out, text);
  });

program.parseAsync().catch((error: unknown) => {
  // Commander has printed its own errors already; --help and --version aren't errors.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    return;
  }
  const isExpected = error instanceof PostjectError || error instanceof UsageError;
  console.error(`pulumi-postject: ${isExpected ? error.message : (error as Error).stack}`);
  process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
});
