import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";
import type { Reference } from "../../provider/reference";
import { ROOT } from "../../tools/root";
import { type CommandResult, isolatedEnv, linkPackages, runCommand } from "../../tools/workspace";

/** What a run printed and changed. */
export interface Run {
  readonly failed: boolean;
  /** All of stdout and stderr. */
  readonly printed: string;
  /** How many resources the run created, replaced, … ; without the stack itself where it shows. */
  readonly changes: Readonly<Record<string, number>>;
}

type Operation = "preview" | "up" | "refresh" | "destroy";

/** A stack of an inline program on the real engine, its state in a temporary folder. */
export interface TestStack {
  /** What the next run declares. */
  program: PulumiFn;
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly stack: Stack;
  run(
    operation: Operation,
    options?: { env?: Record<string, string>; args?: Record<string, unknown> },
  ): Promise<Run>;
  /** Resources of the state, without the stack and its providers. */
  resources(): Promise<StateResource[]>;
  /** Every file of the state folder as one text. */
  rawState(): string;
  outputs(): Promise<Record<string, unknown>>;
  /** Renames the stack, as `pulumi stack rename` does. */
  rename(name: string): Promise<void>;
  /** Runs the Pulumi CLI in the project, with the stack selected. */
  pulumi(args: readonly string[]): Promise<CommandResult>;
  /** Runs a command line there as a user's shell does. */
  shell(commandLine: string): Promise<CommandResult>;
  remove(): void;
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
  readonly initErrors?: string[];
  /** The line of the program that declares it. */
  readonly sourcePosition?: string;
}

export interface TestStackOptions {
  readonly program: PulumiFn;
  readonly reference?: Reference;
  readonly env?: Record<string, string>;
  readonly stackName?: string;
}

export async function createTestStack(options: TestStackOptions): Promise<TestStack> {
  const home = mkdtempSync(path.join(tmpdir(), "pulumi-postject-test-"));
  const folder = path.join(home, "program");
  mkdirSync(path.join(home, "state"));
  mkdirSync(folder);
  linkPackages(folder);
  const { reference } = options;
  const env: Record<string, string> = {
    ...isolatedEnv(home, []),
    ...(reference && { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken }),
    ...options.env,
  };
  const projectSettings = {
    name: "test",
    runtime: "nodejs" as const,
    main: folder,
    plugins: { providers: [{ name: "postject", path: ROOT }] },
  };
  let stack = await LocalWorkspace.createStack(
    { projectName: "test", stackName: options.stackName ?? "dev", program: options.program },
    // `main` is where the dynamic host looks for packages; left out it would be the folder jest runs in.
    { workDir: folder, envVars: env, projectSettings },
  );

  const self: TestStack = {
    program: options.program,
    folder,
    env,
    get stack() {
      return stack;
    },
    async rename(name) {
      await stack.rename({ stackName: name });
      stack = await LocalWorkspace.selectStack(
        { projectName: "test", stackName: name, program: self.program },
        { workDir: folder, envVars: env, projectSettings },
      );
    },
    pulumi: (args) => runCommand("pulumi", [...args, "--non-interactive"], folder, env),
    shell: (commandLine) => runCommand("sh", ["-c", commandLine], folder, env),
    async run(operation, { env: more = {}, args = {} } = {}) {
      let printed = "";
      let changes: Record<string, number> = {};
      const onOutput = (text: string) => {
        printed += text;
      };
      stack.workspace.program = self.program;
      stack.workspace.envVars = { ...env, ...more };
      const common = {
        ...args,
        onOutput,
        onError: onOutput,
        color: "never" as const,
        suppressProgress: true,
      };
      try {
        if (operation === "preview") {
          const { changeSummary } = await stack.preview({ ...common, program: self.program });
          changes = changeSummary as Record<string, number>;
        } else if (operation === "up") {
          changes = (await stack.up({ ...common, program: self.program })).summary.resourceChanges ?? {};
        } else {
          changes = (await stack[operation](common)).summary.resourceChanges ?? {};
        }
        return { failed: false, printed, changes };
      } catch (error) {
        return { failed: true, printed: `${printed}${(error as Error).message}`, changes };
      }
    },
    async resources() {
      const { deployment } = await stack.exportStack();
      const resources: StateResource[] = deployment.resources ?? [];
      return resources.filter(({ type }) => !type.startsWith("pulumi:"));
    },
    rawState: () => readAll(path.join(home, "state")),
    outputs: async () =>
      Object.fromEntries(Object.entries(await stack.outputs()).map(([key, { value }]) => [key, value])),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
  return self;
}

function readAll(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}
