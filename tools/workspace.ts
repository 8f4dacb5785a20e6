import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "./root";

/** Packages that programs need, linked to the checkout's. */
const PACKAGES = ["@pulumi/policy", "@pulumi/pulumi", "@types/node", "typescript"];

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of an example in a temporary folder, with its own state: nothing outside is read or written. */
export interface Workspace {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs `pulumi` there, without colours and questions; a failure is a result like any other. */
  pulumi(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandResult>;
  /** Runs `pulumi` like that and returns its stdout. Throws if it fails. */
  mustPulumi(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  remove(): void;
}

export interface WorkspaceOptions {
  /** A folder of a Pulumi project, relative to the checkout. */
  readonly example: string;
  /** Folders to put on PATH, as the engine set-up returns them; none if the engine is there already. */
  readonly engine?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Leave `node_modules` to the caller. */
  readonly bare?: boolean;
}

/** Copies an example and prepares it to be run against a state in the same folder. */
export function createWorkspace({
  example,
  engine = [],
  env: extra = {},
  bare = false,
}: WorkspaceOptions): Workspace {
  const home = mkdtempSync(path.join(tmpdir(), "pulumi-postject-"));
  const folder = path.join(home, "program");
  cpSync(path.join(ROOT, example), folder, { recursive: true });
  if (!bare) linkPackages(folder);
  mkdirSync(path.join(home, "state"));
  const env = { ...isolatedEnv(home, engine), ...extra };
  const plain = ["--non-interactive", "--color", "never"];
  return {
    folder,
    env,
    pulumi: (args, more) => runCommand("pulumi", [...args, ...plain], folder, { ...env, ...more }),
    mustPulumi: (args, more) => mustRun("pulumi", [...args, ...plain], folder, { ...env, ...more }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Links a program's packages to the checkout's; `pulumi-postject` is the checkout itself. */
export function linkPackages(folder: string): void {
  for (const [name, target] of [
    ["pulumi-postject", ROOT],
    ...PACKAGES.map((name) => [name, path.join(ROOT, "node_modules", name)] as const),
  ] as const) {
    const link = path.join(folder, "node_modules", name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(target, link, "junction");
  }
}

/** Environment in which the engine keeps its state and plugins below `home` and never prompts. */
export function isolatedEnv(home: string, engine: readonly string[]): Record<string, string> {
  return {
    PATH: [...engine, process.env.PATH].join(path.delimiter),
    PULUMI_HOME: path.join(home, "pulumi"),
    PULUMI_BACKEND_URL: `file://${path.join(home, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "only for this folder",
    PULUMI_SKIP_UPDATE_CHECK: "1",
    // ts-node would hide a type error of a text that compiled before, in another project.
    TS_NODE_CACHE: "false",
  };
}

/** Runs a command to its end. Rejects only if it cannot be started. */
export function runCommand(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<NodeJS.ProcessEnv>,
  stdin = "",
): Promise<CommandResult> {
  return new Promise((done, fail) => {
    // The provider's own variables come from `env` alone, whatever the caller's shell has set.
    const inherited = Object.entries(process.env).filter(([key]) => !/^(POSTJECT|PULUMI)_/.test(key));
    const child = spawn(command, args, {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // A command may end without reading it.
    child.stdin.on("error", () => {}).end(stdin);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", fail);
    child.on("close", (exitCode) => done({ exitCode: exitCode ?? -1, stdout, stderr }));
  });
}

/** Runs a command and returns its stdout. Throws everything that it printed if it fails. */
export async function mustRun(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<NodeJS.ProcessEnv> = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(command, args, cwd, env);
  if (exitCode !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`.trim());
  return stdout;
}
