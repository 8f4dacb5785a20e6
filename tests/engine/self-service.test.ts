import { namesOf } from "../support/account";
import { useReference, useWorkspace } from "../support/fixtures";
import { commandsIn, follow, openTerminal } from "../support/terminal";

const reference = useReference();
const workspace = useWorkspace("examples/automation-api", { reference, withoutAccessToken: true });

test("the Automation API example creates, lists and destroys an environment, and prints no token", async () => {
  const terminal = openTerminal(workspace, {
    placeholders: {
      "<access token>": reference.accessToken,
      "<state backend>": workspace.env.PULUMI_BACKEND_URL ?? "",
      "<passphrase>": "of-the-team",
    },
  });
  const succeeded = ({ exitCode, stdout, stderr }: { exitCode: number; stdout: string; stderr: string }) =>
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" }) ?? stdout;
  await follow(terminal, commandsIn("examples/automation-api/README.md"), {
    "npm start -- create pr-42": (result) => {
      succeeded(result);
      const [app, newsletter] = ["pr-42 app", "pr-42 newsletter"].map(
        (wanted) => reference.servers().find(({ name }) => name === wanted)?.id,
      );
      expect(result.stdout).toContain(`app: ${app}\nnewsletter: ${newsletter}\n`);
      expect(result.stdout).not.toContain("pt_live_");
    },
    "npm start -- list": ({ stdout }) => expect(stdout).toMatch(/^pr-42$/m),
    "npm start -- destroy pr-42": (result) => {
      succeeded(result);
      expect(namesOf(reference)).toEqual([]);
    },
  });
  const { stdout } = await terminal.run("npm start -- list");
  expect(stdout).not.toContain("pr-42");
  const wrong = await terminal.run("npm start -- create");
  expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Usage:") });
});
