import { writeFileSync } from "node:fs";
import path from "node:path";
import type { CommandResult } from "../../tools/workspace";
import { useReference, useWorkspace } from "../support/fixtures";
import { commandsIn, follow, openTerminal } from "../support/terminal";

const reference = useReference({ per: "file" });
// Connected as a reader is who copies the variables from the second terminal.
const workspace = useWorkspace("examples/quickstart", { per: "file", reference });

test("the quickstart runs as its README says, and shows no secret but the one asked for", async () => {
  const terminal = openTerminal(workspace, {
    placeholders: { "<your access token>": reference.accessToken },
  });
  const printed: string[] = [];
  const keep = ({ exitCode, stdout, stderr }: CommandResult) => {
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    printed.push(stdout);
  };
  let tokens: string[] = [];
  await follow(terminal, commandsIn("examples/quickstart/README.md"), {
    "pulumi up": (result) => {
      keep(result);
      tokens = reference.servers().map(({ token }) => token);
      expect(tokens).toHaveLength(2);
      expect(result.stdout).toMatch(/appToken +: \[secret\]/);
    },
    "pulumi stack output appToken --show-secrets": ({ stdout }) => expect(tokens).toContain(stdout.trim()),
    "POSTJECT_DELETION_PROTECTION=false pulumi destroy": keep,
  });
  expect(reference.servers()).toEqual([]);
  expect(reference.requests({ method: "POST" })).toHaveLength(2);
  keep(await terminal.run("pulumi stack export"));
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
