import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { lintWorkflow } from "../support/workflows";

const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const files = [".github", "examples"].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((file) => path.posix.join(folder, file))
    .filter(
      (file) =>
        /\.github\/(workflows\/[^/]+|actions\/.*\/action)\.ya?ml$/.test(file) &&
        !file.includes("node_modules"),
    ),
);

test.each(files)("%s pins what it uses, and its commands exist", async (file) => {
  expect(await lintWorkflow(read(file), file)).toEqual([]);
});

test("an action has one commit and one version in all workflows", () => {
  const pins = new Set(
    files.flatMap((file) => [...read(file).matchAll(/uses: (\S+@\S+ # \S+)/g)].map(([, pin = ""]) => pin)),
  );
  const actions = [...pins].map((pin) => pin.split("@")[0]);
  expect(actions).toEqual([...new Set(actions)]);
});

test("what is wrong with a workflow is found", async () => {
  expect(
    await lintWorkflow(
      `
on: push
jobs:
  test:
    steps:
      - uses: actions/checkout@v6
      - uses: actions/setup-node@53b83947a5a98c8d113130e565377fae1a50d02f
      - run: npm run no-such-script
      - run: echo \${{ github.head_ref }}
`,
      "ci.yml",
    ),
  ).toMatchInlineSnapshot(`
[
  "it takes whatever permissions the repository gives",
  ""actions/checkout@v6" is not pinned to a commit, with the version in a comment",
  ""actions/setup-node@53b83947a5a98c8d113130e565377fae1a50d02f" is not pinned to a commit, with the version in a comment",
  "a checkout leaves its credentials in the workspace",
  "\`npm run no-such-script\`: package.json has no script "no-such-script"",
  "an expression stands in a command: echo \${{ github.head_ref }}",
]
`);
});

test("only the job that publishes may sign, and only the job that makes the release may write", () => {
  expect(
    read(".github/workflows/release.yml")
      .match(/^\s+(id-token|contents): .*$/gm)
      ?.map((line) => line.trim()),
  ).toEqual(["contents: read", "id-token: write", "contents: write"]);
  expect(read(".github/workflows/ci.yml")).not.toContain(": write");
});
