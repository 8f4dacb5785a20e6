import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { findWorkflows, lintWorkflow } from "../support/workflows";

const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const files = findWorkflows();

test.each(files)("%s pins the actions it uses, with the least privileges", (file) => {
  expect(lintWorkflow(read(file))).toEqual([]);
});

test("an action has one commit and one version in all workflows", () => {
  const pins = new Set(
    files.flatMap((file) => [...read(file).matchAll(/uses: (\S+@\S+ # \S+)/g)].map(([, pin = ""]) => pin)),
  );
  const actions = [...pins].map((pin) => pin.split("@")[0]);
  expect(actions).toEqual([...new Set(actions)]);
});

test("problems of a workflow are found", () => {
  expect(
    lintWorkflow(
      `
on: push
jobs:
  test:
    steps:
      - uses: actions/checkout@v6
      - uses: actions/setup-node@53b83947a5a98c8d113130e565377fae1a50d02f
      - run: echo \${{ github.head_ref }}
`,
    ),
  ).toMatchInlineSnapshot(`
[
  "it gets whatever permissions the repository grants by default",
  ""actions/checkout@v6" is not pinned to a commit, with the version in a comment",
  ""actions/setup-node@53b83947a5a98c8d113130e565377fae1a50d02f" is not pinned to a commit, with the version in a comment",
  "a checkout leaves its credentials in the workspace",
  "a command contains an expression: echo \${{ github.head_ref }}",
]
`);
});

test("only the jobs that publish may sign, and only the job that makes the release may write", () => {
  expect(
    read(".github/workflows/release.yml")
      .match(/^\s+(id-token|contents): .*$/gm)
      ?.map((line) => line.trim()),
  ).toEqual(["contents: read", "id-token: write", "id-token: write", "contents: write"]);
  expect(read(".github/workflows/ci.yml")).not.toContain(": write");
});
