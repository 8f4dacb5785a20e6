import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type CommandResult, runCommand, type Workspace } from "../../tools/workspace";
import { readPage } from "./docs";
import { parseShell } from "./shell";

/** A shell in a workspace: what one command exports, and the folder it goes to, hold for the next. */
export interface Terminal {
  run(command: string): Promise<CommandResult>;
  /** The `npm` commands that were asked for; the workspace's packages are linked instead of installed. */
  npm(): string[];
}

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What stands in a document for something of the reader's, `<access token>`, and what to put there. */
  readonly placeholders?: Readonly<Record<string, string>>;
  /** What the reader types where a command asks for something. */
  readonly typed?: string;
}

/** Checks what a command of a document has done; without one it must succeed. */
export type Checks = Readonly<Record<string, (result: CommandResult) => unknown>>;

/** A runtime without a language host: the engine then looks for a program of this name that runs policy packs. */
const POLICY_RUNTIME = "script";

/**
 * Opens a terminal that differs from a reader's in four things: `npm` installs nothing, `pulumi` is told `--yes
 * --skip-preview` where it would ask, the reference API of a second terminal is the test's own, and a policy pack is run
 * by a script, because a Node.js host that is built from its Go module cannot run one.
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
      // `npm run check` has checked the types of every example; here they would cost a second or two a command.
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

/** The commands of a document's `sh` blocks in order, without their comments. */
export function commandsIn(document: string): string[] {
  return readPage(document)
    .blocks.filter(({ language }) => language === "sh")
    .flatMap(({ text }) => {
      const source = text.replaceAll("\\\n", "");
      return parseShell(source).commands.map(({ pos, end }) => source.slice(pos, end));
    });
}

/** Runs commands one after the other. Fails for a command that fails unchecked, and for a check of a command that is not there. */
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
