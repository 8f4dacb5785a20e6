import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { type CommandResult, runCommand, type Workspace } from "../../tools/workspace";

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
}

/** Checks what a command of a document has done; without one it must succeed. */
export type Checks = Readonly<Record<string, (result: CommandResult) => unknown>>;

/**
 * Opens a terminal that differs from a reader's in three things: `npm` installs nothing, `pulumi` is told `--yes
 * --skip-preview` where it would ask, and the reference API of a second terminal is the test's own.
 */
export function openTerminal(
  workspace: Workspace,
  { env = {}, placeholders = {} }: TerminalOptions = {},
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
  const search = `PATH="\${PATH#*${path.delimiter}}"`;
  write("npm", `case "$1" in install|ci) echo "npm $*" >> "${npmLog}";; *) ${search} exec npm "$@";; esac`);
  write("npx", `case "$1" in postject-reference) ;; *) ${search} exec npx "$@";; esac`);
  write(
    "pulumi",
    `case "$1 $*" in *--yes*) ;; up*|destroy*) set -- "$@" --yes --skip-preview;; esac\n${search} exec pulumi "$@"`,
  );
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
      const variables = { ...workspace.env, ...env, PATH };
      return runCommand(
        "bash",
        ["--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        workspace.folder,
        variables,
      );
    },
    npm: () => readFileSync(npmLog, "utf8").trim().split("\n").filter(Boolean),
  };
}

/** The commands of a document's `sh` blocks in order, without their comments. */
export function commandsIn(document: string): string[] {
  const text = readFileSync(path.join(ROOT, document), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
    block
      .replaceAll("\\\n", "")
      .split("\n")
      .map((line) => line.replace(/(^|\s+)#.*$/, "").trim())
      .filter(Boolean),
  );
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
