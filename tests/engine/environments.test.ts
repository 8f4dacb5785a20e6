import { type Reference, startReference } from "../../provider/reference";
import { createWorkspace, type Workspace } from "../../tools/workspace";
import { commandsIn, follow, openTerminal } from "../support/terminal";

let reference: Reference;
let workspace: Workspace;

beforeAll(async () => {
  reference = await startReference();
  workspace = createWorkspace({
    example: "examples/environments",
    engine: [],
    env: { POSTJECT_ENDPOINT: reference.url },
  });
});

afterAll(async () => {
  workspace.remove();
  await reference.stop();
});

const namesOf = () =>
  reference
    .servers()
    .map(({ name }) => name)
    .toSorted();

test("one template makes three stacks that do not collide, and one goes without the others", async () => {
  const terminal = openTerminal(workspace, { placeholders: { "<access token>": reference.accessToken } });
  const stagingToken = () => reference.servers().find(({ name }) => name === "staging app")?.token;
  await follow(terminal, commandsIn("examples/environments/README.md"), {
    "pulumi stack output variables --stack staging --show-secrets --json": ({ stdout }) => {
      expect(namesOf()).toEqual([
        "dev Newsletter",
        "dev app",
        "production Newsletter",
        "production app",
        "staging Newsletter",
        "staging app",
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ POSTJECT_APP_TOKEN: stagingToken() });
    },
  });
  expect(namesOf().filter((name) => name.startsWith("dev"))).toEqual([]);
  expect(namesOf()).toHaveLength(4);
  const { exitCode, stdout } = await terminal.run("pulumi destroy --stack production");
  expect(exitCode).not.toBe(0);
  expect(stdout).toContain("[deletion-protected]");
  expect(namesOf()).toHaveLength(4);
});

test("the commands of docs/environments.md work on a project of that kind", async () => {
  const other = createWorkspace({
    example: "examples/environments",
    engine: [],
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  const terminal = openTerminal(other, { placeholders: { "<access token>": reference.accessToken } });
  await follow(terminal, commandsIn("docs/environments.md"));
  const { stdout } = await terminal.run("pulumi config --stack production --json");
  expect(JSON.parse(stdout)).toMatchObject({ "postject:deletionProtection": { value: "true" } });
  other.remove();
});
