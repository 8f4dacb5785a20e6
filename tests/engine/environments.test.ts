import { namesOf } from "../support/account";
import { useReference, useWorkspace } from "../support/fixtures";
import { commandsIn, follow, openTerminal } from "../support/terminal";

const reference = useReference({ per: "file" });
const workspace = useWorkspace("examples/environments", { per: "file", reference, withoutAccessToken: true });
const fresh = useWorkspace("examples/environments", { per: "file", reference });

test("one template makes three stacks that do not collide, and one goes without the others", async () => {
  const terminal = openTerminal(workspace, { placeholders: { "<access token>": reference.accessToken } });
  const stagingToken = () => reference.servers().find(({ name }) => name === "staging app")?.token;
  await follow(terminal, commandsIn("examples/environments/README.md"), {
    "pulumi stack output variables --stack staging --show-secrets --json": ({ stdout }) => {
      expect(namesOf(reference)).toEqual([
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
  expect(namesOf(reference).filter((name) => name.startsWith("dev"))).toEqual([]);
  expect(namesOf(reference)).toHaveLength(4);
  const { exitCode, stdout } = await terminal.run("pulumi destroy --stack production");
  expect(exitCode).not.toBe(0);
  expect(stdout).toContain("[deletion-protected]");
  expect(namesOf(reference)).toHaveLength(4);
});

test("the commands of docs/environments.md work on a project of that kind", async () => {
  const terminal = openTerminal(fresh, { typed: reference.accessToken });
  await follow(terminal, commandsIn("docs/environments.md"));
  const { stdout } = await terminal.run("pulumi config --stack production --json");
  expect(JSON.parse(stdout)).toMatchObject({ "postject:deletionProtection": { value: "true" } });
});
