import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Reference } from "../../provider/reference";
import { ROOT } from "../../tools/root";
import type { Workspace } from "../../tools/workspace";
import { useWorkspace } from "./fixtures";

/** What stands in a program beside its resources, and the plugin that serves it. */
interface Surroundings {
  readonly plugin?: string;
  readonly [section: string]: unknown;
}

/** A program in YAML, which JSON is too, served by the plugin. */
export const yamlProgram = (resources: object, { plugin = ROOT, ...rest }: Surroundings = {}) =>
  JSON.stringify({
    name: "test",
    runtime: "yaml",
    plugins: { providers: [{ name: "postject", path: plugin }] },
    resources,
    ...rest,
  });

/** A server in such a program. */
export const yamlServer = (properties: object = {}, options: object = {}) => ({
  type: "postject:Server",
  properties,
  options,
});

/** A URN of a server in the stack `dev` of such a program. */
export const yamlUrn = (name: string) => `urn:pulumi:dev::test::postject:index:Server::${name}`;

type Env = Readonly<Record<string, string>>;

interface Printed {
  readonly failed: boolean;
  /** All of stdout and stderr. */
  readonly printed: string;
  readonly stdout: string;
}

interface YamlResource {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly inputs: object;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** A YAML program and its stack `dev`, on the command line. */
export interface YamlStack {
  readonly workspace: Workspace;
  /** Replaces the program. */
  declare(resources: object, rest?: Surroundings): void;
  /** Runs `pulumi`; operations without questions, and without a preview before them. */
  run(args: readonly string[], env?: Env): Promise<Printed>;
  /** Runs like that. Throws everything that it printed if it fails. */
  mustRun(args: readonly string[], env?: Env): Promise<Printed>;
  /** Everything in the state, secrets encrypted. */
  resources(): Promise<YamlResource[]>;
}

/** Creates a YAML stack per test, connected to the reference. `bare` leaves `node_modules` to the test. */
export function useYaml(reference: Reference, { bare = false } = {}): YamlStack {
  const workspace = useWorkspace("examples/yaml", { reference, bare });
  const self: YamlStack = {
    workspace,
    declare: (resources, rest) =>
      writeFileSync(path.join(workspace.folder, "Pulumi.yaml"), yamlProgram(resources, rest)),
    async run(args, env) {
      const flags = ["up", "refresh", "destroy"].includes(args[0] ?? "") ? ["--yes", "--skip-preview"] : [];
      const { exitCode, stdout, stderr } = await workspace.pulumi([...args, ...flags], env);
      return { failed: exitCode !== 0, printed: stdout + stderr, stdout };
    },
    async mustRun(args, env) {
      const run = await self.run(args, env);
      if (run.failed) throw new Error(`pulumi ${args.join(" ")} failed:\n${run.printed}`);
      return run;
    },
    resources: async () =>
      JSON.parse(await workspace.mustPulumi(["stack", "export"])).deployment.resources ?? [],
  };
  beforeEach(async () => {
    self.declare({});
    await workspace.mustPulumi(["stack", "init", "dev"]);
  });
  return self;
}
