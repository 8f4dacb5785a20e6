import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type CommandResult, runCommand, type Workspace } from "../../tools/workspace";
import { readPage } from "./docs";
import { parseShell } from "./shell";

/** A shell in a workspace. What a command exports, and the folder it changes to, apply to the next one. */
export interface Terminal {
  run(command: string): Promise<CommandResult>;
  /** The install commands of `npm` so far. They install nothing: the workspace's packages are linked. */
  npm(): string[];
}

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Placeholders of the document, such as `<access token>`, and what to put there. */
  readonly placeholders?: Readonly<Record<string, string>>;
  /** What the reader types where a command asks for something. */
  readonly typed?: string;
}

/** Checks of what commands of a document do. A command without a check must succeed. */
export type Checks = Readonly<Record<string, (result: CommandResult) => unknown>>;

/** A runtime without a language host: the engine looks for a program of this name to run policy packs. */
const POLICY_RUNTIME = "script";

/**
 * Opens a terminal that differs from a reader's in four ways: `npm` installs nothing, `pulumi` gets
 * `--yes --skip-preview` where it would ask, the reference API of the second terminal is the test's own, and
 * a script runs policy packs, because a Node.js host built from its Go module cannot.
 */
export function openTerminal(
  workspace: Workspace,
  { env = {}, placeholders = {}, typed = "" }: TerminalOptions = {},
): Terminal {
  const home = path.dirname(workspace.folder);
  const remembered = path.join(home, "terminal.sh");
  const npmLog = path.join(home, "npm.log");
  const programs = path.join(home, "programs");
  mkdirSync(programs);
  writeFileSync(remembered, "");
  writeFileSync(npmLog, "");
  const write = (name: string, script: string) =>
    writeFileSync(path.join(programs, name), `#!/usr/bin/env bash\n${script}\n`, { mode: 0o755 });
  const folders = (workspace.env.PATH ?? "").split(path.delimiter);
  const real = (name: string) =>
    `exec "${folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file))}" "$@"`;
  write("npm", `case "$1" in install|ci) echo "npm $*" >> "${npmLog}";; *) ${real("npm")};; esac`);
  write("npx", `case "$1" in postject-reference) ;; *) ${real("npx")};; esac`);
  write(
    "pulumi",
    `case "$1 $*" in *--yes*) ;; up*|destroy*) set -- "$@" --yes --skip-preview;; esac\n${real("pulumi")}`,
  );
  write(
    `pulumi-analyzer-policy-${POLICY_RUNTIME}`,
    `PULUMI_NODEJS_TYPESCRIPT=false exec node "$(node -p "require.resolve('@pulumi/pulumi/cmd/run-policy-pack')")" "$@"`,
  );
  const policy = path.join(workspace.folder, "policy/PulumiPolicy.yaml");
  if (existsSync(policy))
    writeFileSync(policy, readFileSync(policy, "utf8").replace("name: nodejs", `name: ${POLICY_RUNTIME}`));
  return {
    run(command) {
      const text = Object.entries(placeholders).reduce(
        (all, [name, value]) => all.replaceAll(name, value),
        command,
      );
      const script = [
        `. "${remembered}"`,
        text,
        `{ export -p; printf 'cd %q\\n' "$PWD"; } > "${remembered}"`,
      ].join("\n");
      const PATH = [programs, workspace.env.PATH].join(path.delimiter);
      // `npm run check` checks the types of every example; here that would cost a second or two per command.
      const variables = { ...workspace.env, ...env, PATH, PULUMI_NODEJS_TRANSPILE_ONLY: "true" };
      return runCommand(
        "bash",
        ["--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        workspace.folder,
        variables,
        typed,
      );
    },
    npm: () => readFileSync(npmLog, "utf8").trim().split("\n").filter(Boolean),
  };
}

/** The commands in a document's `sh` blocks, in order. */
export function commandsIn(document: string): string[] {
  return readPage(document)
    .blocks.filter(({ language }) => language === "sh")
    .flatMap(({ text }) => {
      const source = text.replaceAll("\\\n", "");
      return parseShell(source).commands.map(({ pos, end }) => source.slice(pos, end));
    });
}

/** Runs commands in turn. Fails if a command without a check fails, or if a check is for none of them. */
export async function follow(
  terminal: Terminal,
  commands: readonly string[],
  checks: Checks = {},
): Promise<void> {
  expect(commands).toEqual(expect.arrayContaining(Object.keys(checks)));
  for (const command of commands) {
    const result = await terminal.run(command);
    const check = checks[command];
    if (check === undefined) {
      const { exitCode, stdout, stderr } = result;
      expect({ command, exitCode, printed: exitCode === 0 ? "" : stdout + stderr }).toEqual({
        command,
        exitCode: 0,
        printed: "",
      });
    } else await check(result);
  }
}
