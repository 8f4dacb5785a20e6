import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { useReference, useWorkspace } from "../support/fixtures";
import { readAll } from "../support/stack";
import { commandsIn, follow, openTerminal } from "../support/terminal";

const reference = useReference({ per: "file" });
const workspace = useWorkspace("examples/secrets", { per: "file", reference, withoutAccessToken: true });

test("tokens reach a file, a process and another resource, and are in no state in plain text", async () => {
  const terminal = openTerminal(workspace, { placeholders: { "<access token>": reference.accessToken } });
  const expectOwnersFile = (name: string) => {
    const file = path.join(workspace.folder, name);
    const token = reference.servers().find((server) => server.name === "dev app")?.token;
    expect(readFileSync(file, "utf8")).toContain(token);
    expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  };
  const commands = commandsIn("examples/secrets/README.md");
  await follow(terminal, commands.slice(0, -1), {
    "pulumi up": ({ exitCode, stdout, stderr }) => {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expectOwnersFile(".env");
      const state = readAll(path.join(path.dirname(workspace.folder), "state"));
      for (const { token } of reference.servers()) expect(stdout + state).not.toContain(token);
    },
    "(umask 077 && pulumi stack output --shell --show-secrets > app.env)": () => expectOwnersFile("app.env"),
    '(set -a && eval "$(pulumi stack output --shell --show-secrets)" && node app.mjs)': ({ stdout }) =>
      expect(stdout).toBe("sends mail as dev app\n"),
  });
  await follow(terminal, commands.slice(-1));
  expect(readdirSync(workspace.folder)).not.toContain(".env");
  expect(reference.servers()).toEqual([]);
});
