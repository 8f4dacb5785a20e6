import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import { ROOT } from "../../tools/root";
import { namesOf } from "../support/account";
import { useReference, useWorkspace } from "../support/fixtures";
import { follow, openTerminal, type Terminal } from "../support/terminal";

const FOLDER = "examples/gitops/operator";

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: "Stack" | "Program";
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly program?: Readonly<Record<string, unknown>>;
}

const objects = ["stack.yaml", "program.yaml"].flatMap((file) =>
  parseAllDocuments(readFileSync(path.join(ROOT, FOLDER, file), "utf8")).map(
    (document) => document.toJS() as KubernetesObject,
  ),
);
const stacks = objects.filter(({ kind }) => kind === "Stack").map(({ spec = {} }) => spec);
const programs = objects.filter(({ kind }) => kind === "Program");

/** The fields of the operator's `Stack` that examples may use; the cluster drops what it does not know. */
const stackFields = [
  "stack",
  "projectRepo",
  "branch",
  "programRef",
  "serviceAccountName",
  "backend",
  "envRefs",
  "refresh",
  "continueResyncOnCommitMatch",
  "resyncFrequencySeconds",
  "destroyOnFinalize",
  "workspaceTemplate",
];

describe("the operator's objects", () => {
  test("are of its group and have only fields that it knows", () => {
    expect(objects.map(({ apiVersion, kind }) => [apiVersion, kind])).toEqual([
      ["pulumi.com/v1", "Stack"],
      ["pulumi.com/v1", "Program"],
      ["pulumi.com/v1", "Stack"],
    ]);
    for (const spec of stacks) expect(stackFields).toEqual(expect.arrayContaining(Object.keys(spec)));
    for (const { program = {} } of programs)
      expect(["configuration", "resources", "variables", "outputs"]).toEqual(
        expect.arrayContaining(Object.keys(program)),
      );
  });

  test("name a stack, one source that exists, and secrets that are not in them", () => {
    for (const spec of stacks) {
      expect(spec).toMatchObject({ stack: expect.any(String), serviceAccountName: expect.any(String) });
      const source =
        "programRef" in spec
          ? { programRef: { name: programs[0]?.metadata.name } }
          : { projectRepo: expect.any(String), branch: expect.any(String) };
      expect(spec).toMatchObject(source);
      for (const reference of Object.values(spec.envRefs ?? {}))
        expect(reference).toEqual({
          type: "Secret",
          secret: { name: expect.any(String), key: expect.any(String) },
        });
      expect(spec.envRefs).toHaveProperty("POSTJECT_ACCESS_TOKEN");
    }
  });
});

describe("the Program, with the plugin on PATH as in its image", () => {
  const reference = useReference({ per: "file" });
  const workspace = useWorkspace("examples/gitops", { per: "file", reference });
  let terminal: Terminal;

  beforeAll(async () => {
    // The operator makes this file of the Program, as the whole project.
    rmSync(path.join(workspace.folder, "index.ts"));
    rmSync(path.join(workspace.folder, "Pulumi.production.yaml"));
    const project = { name: "postject-pr-42", runtime: "yaml", ...programs[0]?.program };
    writeFileSync(path.join(workspace.folder, "Pulumi.yaml"), JSON.stringify(project));
    const bin = path.join(path.dirname(workspace.folder), "bin");
    mkdirSync(bin);
    symlinkSync(path.join(ROOT, "pulumi-resource-postject"), path.join(bin, "pulumi-resource-postject"));
    terminal = openTerminal(workspace);
    await terminal.run(`export PATH="$PATH:${bin}"`);
  });

  test("goes up, gives its variables, and is destroyed", async () => {
    await follow(terminal, ["pulumi stack init pr-42", "pulumi up", "pulumi stack output variables --json"], {
      "pulumi stack output variables --json": ({ stdout }) => {
        expect(namesOf(reference)).toEqual(["pr-42 app", "pr-42 newsletter"]);
        expect(stdout).not.toContain("pt_live_");
      },
    });
    await follow(terminal, ["pulumi destroy"]);
    expect(reference.servers()).toEqual([]);
  });

  test("is refused by the policy pack in production, for each of its servers", async () => {
    const { exitCode, stdout } = await terminal.run(
      "pulumi stack init production && pulumi preview --policy-pack policy",
    );
    expect(exitCode).not.toBe(0);
    expect(
      stdout.match(/production-servers-are-protected +\(postject:index:Server: environment-/g),
    ).toHaveLength(2);
  });
});
