import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { type CommandResult, runCommand } from "../../tools/workspace";
import { onlyServer } from "../support/account";
import { useReference, useWorkspace } from "../support/fixtures";
import { commandsIn, follow, openTerminal } from "../support/terminal";

const reference = useReference({ per: "file" });
// Connected as a reader is who copies the variables from the second terminal.
const workspace = useWorkspace("examples/quickstart", { per: "file", reference });

test("the quickstart runs as its README says, and shows no secret but the one asked for", async () => {
  const terminal = openTerminal(workspace, { typed: reference.accessToken });
  const printed: string[] = [];
  const keep = ({ exitCode, stdout, stderr }: CommandResult) => {
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    printed.push(stdout);
  };
  const tokens: string[] = [];
  const commands = commandsIn("examples/quickstart/README.md");
  await follow(terminal, commands, {
    "pulumi up": (result) => {
      keep(result);
      tokens.push(onlyServer(reference).token);
      expect(result.stdout).toMatch(/appToken +: \[secret\]/);
    },
    "pulumi stack output appToken --show-secrets": ({ stdout }) => expect(tokens).toContain(stdout.trim()),
    "POSTJECT_DELETION_PROTECTION=false pulumi destroy": (result) => {
      keep(result);
      expect(reference.servers()).toEqual([]);
    },
  });
  expect(tokens).toHaveLength(2);
  keep(await terminal.run("pulumi stack export"));
  for (const secret of [...tokens, reference.accessToken]) expect(printed.join("\n")).not.toContain(secret);
  expect(printed.join("\n")).not.toContain("warning:");
});

test("the quickstart is a template that `pulumi new` makes a project of", async () => {
  const folder = path.join(path.dirname(workspace.folder), "new");
  mkdirSync(folder);
  const { exitCode, stdout, stderr } = await runCommand(
    "pulumi",
    [
      "new",
      path.join(ROOT, "examples/quickstart"),
      "--generate-only",
      "--yes",
      "--name",
      "mail",
      "--dir",
      folder,
    ],
    folder,
    workspace.env,
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("npx postject-reference");
  expect(readFileSync(path.join(folder, "Pulumi.yaml"), "utf8")).toMatch(/^name: mail\n/);
  expect(readdirSync(folder)).toEqual(expect.arrayContaining([".gitignore", "index.ts", "package.json"]));
});

test("a lookup that finds nothing ends the program with its message, and no stack trace", async () => {
  const program = path.join(workspace.folder, "index.ts");
  writeFileSync(
    program,
    'import * as postject from "pulumi-postject";\nexport const found = postject.getServer({ name: "Nobody" });\n',
  );
  const { exitCode, stdout, stderr } = await workspace.pulumi(["preview"]);
  expect(exitCode).not.toBe(0);
  expect(stdout + stderr).toContain('The account has no server named "Nobody". [not-found]');
  expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+/m);
});
