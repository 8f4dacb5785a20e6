import { writeFileSync } from "node:fs";
import path from "node:path";
import { type Reference, startReference } from "../../provider/reference";
import { createWorkspace, type Workspace } from "../../tools/workspace";

let reference: Reference;
let workspace: Workspace;

beforeAll(async () => {
  reference = await startReference();
  workspace = createWorkspace({ example: "examples/quickstart", engine: [] });
});

afterAll(async () => {
  workspace.remove();
  await reference.stop();
});

test("the quickstart runs as its README says, from stack configuration, and shows no secret", async () => {
  const printed: string[] = [];
  const pulumi = async (args: string[], env?: Record<string, string>) => {
    const { exitCode, stdout, stderr } = await workspace.pulumi(args, env);
    printed.push(stdout, stderr);
    expect({ exitCode, printed: exitCode === 0 ? "" : stdout + stderr }).toEqual({
      exitCode: 0,
      printed: "",
    });
    return stdout;
  };
  await pulumi(["stack", "init", "dev"]);
  await pulumi(["config", "set", "postject:endpoint", reference.url]);
  await pulumi(["config", "set", "--secret", "postject:accessToken", reference.accessToken]);
  await pulumi(["up", "--yes", "--skip-preview"]);
  const tokens = reference.servers().map(({ token }) => token);
  expect(tokens).toHaveLength(2);
  expect(await pulumi(["stack", "output"])).toMatch(/appToken\s+\[secret\]/);
  await pulumi(["stack", "export"]);
  await pulumi(["destroy", "--yes", "--skip-preview"], { POSTJECT_DELETION_PROTECTION: "false" });
  expect(reference.servers()).toEqual([]);
  for (const secret of [...tokens, reference.accessToken]) expect(printed.join("\n")).not.toContain(secret);
  expect(printed.join("\n")).not.toContain("warning:");
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
