import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { automation } from "@pulumi/pulumi";
import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";
import type { Reference } from "../../provider/reference";
import { ROOT } from "../../tools/root";
import { type CommandResult, isolatedEnv, linkPackages, runCommand } from "../../tools/workspace";

/** What a run printed and changed. */
export interface Run {
  readonly failed: boolean;
  /** All of stdout and stderr. */
  readonly printed: string;
  /** How many resources the run created, replaced, left the same and so on, the stack itself included. */
  readonly changes: Readonly<Record<string, number>>;
}

type Operation = "preview" | "up" | "refresh" | "destroy";

export interface RunOptions {
  /** What the stack declares from this run on. */
  readonly program?: PulumiFn;
  /** More environment, for this run alone. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of the Automation API. */
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A stack of an inline program on the real engine, its state in a temporary folder. */
export interface TestStack {
  /** What the next run declares. */
  program: PulumiFn;
  readonly folder: string;
  run(operation: Operation, options?: RunOptions): Promise<Run>;
  /** Runs like that. Throws everything that it printed if it fails. */
  mustRun(operation: Operation, options?: RunOptions): Promise<Run>;
  /** Resources of the state, without the stack and its providers. */
  resources(): Promise<StateResource[]>;
  /** Every file of the state folder as one text. */
  rawState(): string;
  outputs(): Promise<Record<string, unknown>>;
  /** Sets stack configuration, encrypted. */
  configure(values: Readonly<Record<string, string>>): Promise<void>;
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
  readonly program?: PulumiFn;
  readonly reference?: Reference;
  readonly env?: Readonly<Record<string, string>>;
}

/** Looked up once, because that starts the CLI. */
let pulumiCommand: Promise<PulumiCommand> | undefined;

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
  pulumiCommand ??= PulumiCommand.get();
  const workspaceOptions = {
    workDir: folder,
    envVars: env,
    projectSettings,
    pulumiCommand: await pulumiCommand,
  };
  const program = options.program ?? (async () => {});
  let stack = withoutReports(
    await LocalWorkspace.createStack({ projectName: "test", stackName: "dev", program }, workspaceOptions),
  );

  const self: TestStack = {
    program,
    folder,
    async rename(stackName) {
      await stack.rename({ stackName });
      stack = withoutReports(
        await LocalWorkspace.selectStack({ projectName: "test", stackName, program }, workspaceOptions),
      );
    },
    pulumi: (args) => runCommand("pulumi", [...args, "--non-interactive"], folder, env),
    shell: (commandLine) => runCommand("sh", ["-c", commandLine], folder, env),
    async run(operation, { program = self.program, env: more = {}, args = {} } = {}) {
      self.program = program;
      let printed = "";
      let changes: Record<string, number> = {};
      const onOutput = (text: string) => {
        printed += text;
      };
      const onEvent = ({ summaryEvent }: automation.EngineEvent) => {
        changes = summaryEvent?.resourceChanges ?? changes;
      };
      const watch = { onOutput, onError: onOutput, onEvent, color: "never" as const, suppressProgress: true };
      stack.workspace.program = program;
      stack.workspace.envVars = { ...env, ...more };
      try {
        await stack[operation]({ ...args, ...watch });
        return { failed: false, printed, changes };
      } catch (error) {
        return { failed: true, printed: `${printed}${(error as Error).message}`, changes };
      }
    },
    async mustRun(operation, options) {
      const run = await self.run(operation, options);
      if (run.failed) throw new Error(`${operation} failed:\n${run.printed}`);
      return run;
    },
    async resources() {
      const { deployment } = await stack.exportStack();
      const resources: StateResource[] = deployment.resources ?? [];
      return resources.filter(({ type }) => !type.startsWith("pulumi:"));
    },
    rawState: () => readAll(path.join(home, "state")),
    outputs: async () => {
      const outputs = await stack.workspace.stackOutputs(stack.name);
      return Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value]));
    },
    configure: (values) =>
      stack.setAllConfig(
        Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, secret: true }])),
      ),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
  return self;
}

/**
 * After each run, the Automation API starts the CLI three more times, for the history and the outputs. Tests
 * read the changes from the events, and the outputs only when they need them.
 */
function withoutReports(stack: Stack): Stack {
  stack.info = async () => undefined;
  stack.outputs = async () => ({});
  return stack;
}

/** Every file below a folder as one text, without the folders of one name. */
export function readAll(folder: string, { except }: { readonly except?: string } = {}): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !(except !== undefined && entry.parentPath.includes(except)))
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}
