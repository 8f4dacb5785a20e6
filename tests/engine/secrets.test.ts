import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { type Reference, startReference } from "../../provider/reference";
import { createWorkspace, type Workspace } from "../../tools/workspace";
import { commandsIn, follow, openTerminal } from "../support/terminal";

let reference: Reference;
let workspace: Workspace;

beforeAll(async () => {
  reference = await startReference();
  workspace = createWorkspace({
    example: "examples/secrets",
    engine: [],
    env: { POSTJECT_ENDPOINT: reference.url },
  });
});

afterAll(async () => {
  workspace.remove();
  await reference.stop();
});

/** Everything in a folder of the workspace as one text. */
const readAll = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"))
    .join("\n");

test("tokens reach a file, a process and another resource, and are in no state in clear", async () => {
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
