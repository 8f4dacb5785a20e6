import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { type CommandResult, createWorkspace, runCommand, type Workspace } from "../../tools/workspace";
import { createByHand } from "../support/account";
import { useReference } from "../support/fixtures";

const COMMAND = path.join(ROOT, "dist/provider/command/main.js");
const UP = ["up", "--yes", "--skip-preview"];

const reference = useReference();
let workspace: Workspace;

/** Runs the command in the project's folder. */
async function run(args: readonly string[], { stdin = "", env = {} } = {}) {
  const all = { ...workspace.env, ...env };
  return check(await runCommand(process.execPath, [COMMAND, ...args], workspace.folder, all, stdin));
}

/** Runs it in a shell, where `cmd` stands for the command. */
const inShell = async (line: string) =>
  check(
    await runCommand(
      "bash",
      ["-o", "pipefail", "-c", `cmd() { "${process.execPath}" "${COMMAND}" "$@"; }; ${line}`],
      workspace.folder,
      workspace.env,
    ),
  );

/** No run may print a token or a stack trace. */
function check(result: CommandResult): CommandResult {
  const printed = result.stdout + result.stderr;
  for (const { token } of reference.servers()) expect(printed).not.toContain(token);
  expect(printed).not.toMatch(/^\s+at .*:\d+/m);
  return result;
}

const pulumi = (...args: string[]) => workspace.mustPulumi(args);

const idsOf = () => reference.servers().map(({ id }) => id);

function open(example: string): void {
  workspace = createWorkspace({
    example: `examples/${example}`,
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
}

afterEach(() => workspace.remove());

describe("orphans", () => {
  beforeEach(async () => {
    open("yaml");
    await pulumi("stack", "init", "dev");
    await pulumi(...UP);
  });

  test("lists the servers that no stack owns, each with its import command, from stacks, files and stdin alike", async () => {
    const orphan = await createByHand(reference, "Left over!");
    const date = reference.servers()[1]?.createdAt.slice(0, 10);
    const state = await pulumi("stack", "export");
    writeFileSync(path.join(workspace.folder, "state.json"), state);
    const results = await Promise.all([
      run(["orphans", "--stack", "dev"]),
      run(["orphans", "state.json"]),
      run(["orphans", "-"], { stdin: state }),
    ]);
    for (const { exitCode, stdout } of results) {
      expect(exitCode).toBe(0);
      expect(stdout).toBe(`ID                         CREATED     NAME
${orphan}  ${date}  Left over!
  pulumi import postject:index:Server left-over ${orphan}

1 of the account's 2 servers is in none of the given stacks.
To take over several at once: npx pulumi-postject import-file --help
`);
    }
    const json = await run(["orphans", "--stack", "dev", "--json", "--expect-none"]);
    expect(json.exitCode).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject([{ id: orphan, name: "Left over!" }]);
    const narrowed = await run(["orphans", "--stack", "dev", "--name-contains", "else", "--expect-none"]);
    expect(narrowed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(
        '1 of the account\'s 2 servers is in none of the given stacks.\nNone of their names contains "else".',
      ),
    });
  });

  test("shows the argument that takes a server over in the dynamic form, if that is what the stack uses", async () => {
    const orphan = await createByHand(reference, "Left over");
    const resource = { type: "pulumi-nodejs:dynamic/postject:Server", id: idsOf()[0] };
    const stdin = JSON.stringify({ deployment: { resources: [resource] } });
    const { stdout } = await run(["orphans", "-"], { stdin });
    expect(stdout).toContain(`Left over\n  adopt: "${orphan}"\n`);
    expect(stdout).not.toContain("pulumi import");
  });

  test("suggests names that neither the stacks' servers nor one another have, quoted for a shell", async () => {
    for (const name of ["App", "Web", "web"]) await createByHand(reference, name);
    const body = reference.servers().map((server, at) => ({ ...server, id: at === 3 ? "a;id" : server.id }));
    reference.faults.add({ route: "listServers", outcome: { kind: "response", status: 200, body } });
    const { stdout } = await run(["orphans", "--stack", "dev"]);
    const imports = [...stdout.matchAll(/pulumi import postject:index:Server (\S+) (\S+)/g)];
    expect(imports.map(([, name]) => name)).toEqual(["app-2", "web", "web-2"]);
    expect(imports[2]?.[2]).toBe("'a;id'");
  });

  test("reads a state that Windows PowerShell has redirected to a file", async () => {
    const state = await pulumi("stack", "export");
    writeFileSync(path.join(workspace.folder, "state.json"), Buffer.from(`\ufeff${state}`, "utf16le"));
    expect((await run(["orphans", "state.json"])).stdout).toContain("No orphans");
  });

  test("also takes the access token from the stack's configuration", async () => {
    await pulumi("config", "set", "--secret", "postject:accessToken", reference.accessToken);
    const env = { POSTJECT_ACCESS_TOKEN: "" };
    expect((await run(["orphans", "--stack", "dev"], { env })).stdout).toContain(
      "No orphans: the given stacks have the account's only server.",
    );
  });

  test("deletes only with --yes, and only what it listed", async () => {
    const [owned] = idsOf();
    const [kept, orphan] = [await createByHand(reference, "Kept"), await createByHand(reference, "pr-7 app")];
    const args = ["orphans", "--stack", "dev", "--name-contains", "pr-7", "--delete"];
    const refused = await run(args);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Add --yes") });
    expect(idsOf()).toEqual([owned, kept, orphan]);
    expect(await run([...args, "--yes"])).toMatchObject({ exitCode: 0 });
    expect(idsOf()).toEqual([owned, kept]);
    expect(reference.requests({ method: "DELETE" })).toHaveLength(1);
  });

  test.each([
    [true, 0],
    [false, 1],
  ])(
    "a delete that is acknowledged without a body is verified with the list: done %s",
    async (commit, exitCode) => {
      await createByHand(reference, "pr-7 app");
      reference.faults.add({ route: "deleteServer", commit, outcome: { kind: "response", status: 204 } });
      const args = ["orphans", "--stack", "dev", "--name-contains", "pr-7", "--delete", "--yes"];
      expect(await run(args)).toMatchObject({ exitCode });
    },
  );

  test("a delete that fails half-way says what was deleted, also with --json", async () => {
    const [first, second] = [
      await createByHand(reference, "pr-7 a"),
      await createByHand(reference, "pr-7 b"),
    ];
    reference.faults.add({
      route: "deleteServer",
      skip: 1,
      times: 99,
      outcome: {
        kind: "response",
        status: 403,
        body: { statusCode: 403, message: "no", error: "Forbidden" },
      },
    });
    const args = ["orphans", "--stack", "dev", "--name-contains", "pr-7", "--json", "--delete", "--yes"];
    const { exitCode, stdout, stderr } = await run(args);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([{ id: first }, { id: second }]);
    expect(stderr).toMatch(new RegExp(`^deleted ${first}\npulumi-postject: .*403`));
  });

  test("deletes nothing while a create of a given stack has not ended", async () => {
    await createByHand(reference, "Perhaps of the update");
    const state = JSON.parse(await pulumi("stack", "export"));
    const resource = { type: "postject:index:Server" };
    state.deployment.pending_operations = [{ type: "creating", resource }];
    const args = ["orphans", "-", "--delete", "--yes"];
    const { exitCode, stderr } = await run(args, { stdin: JSON.stringify(state) });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("have not ended"),
    });
    expect(idsOf()).toHaveLength(2);
  });

  test("deletes nothing that is younger than what an exported file shows", async () => {
    const state = await pulumi("stack", "export");
    const young = await createByHand(reference, "Perhaps of a later update");
    const args = ["orphans", "-", "--delete", "--yes"];
    const { exitCode, stderr } = await run(args, { stdin: state });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(young) });
    expect(idsOf()).toHaveLength(2);
  });

  test("counts a server that a stack only reads as in use", async () => {
    const id = await createByHand(reference, "Shared");
    const state = JSON.parse(await pulumi("stack", "export"));
    const urn = "urn:pulumi:dev::postject-yaml::postject:index:Server::shared";
    state.deployment.resources.push({ urn, type: "postject:index:Server", id, custom: true, external: true });
    const { stdout } = await run(["orphans", "-"], { stdin: JSON.stringify(state) });
    expect(stdout).toContain("No orphans: the given stacks have all 2 of the account's servers.");
  });

  test("deletes nothing if the stacks own no server of the account", async () => {
    const args = ["orphans", "-", "--delete", "--yes"];
    const { exitCode, stderr } = await run(args, { stdin: '{"deployment":{"resources":[]}}' });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("own no server"),
    });
    expect(idsOf()).toHaveLength(1);
  });

  test.each<[string, string[], { stdin?: string; env?: Record<string, string> }, number, string]>([
    ["no stack", ["orphans"], {}, 2, "Say which stacks own servers"],
    ["an unknown stack", ["orphans", "--stack", "nope"], {}, 2, "no stack named 'nope' found"],
    ["no file", ["orphans", "nope.json"], {}, 2, "Cannot read nope.json: no such file or directory\n"],
    ["another file", ["orphans", "-"], { stdin: "{}" }, 2, "standard input is not a stack's state"],
    ["an unknown option", ["orphans", "--force"], {}, 2, "unknown option '--force'"],
    ["an empty stack", ["orphans", "--stack", ""], {}, 2, "It is empty"],
    ["an empty filter", ["orphans", "-", "--name-contains", " ", "--delete", "--yes"], {}, 2, "It is empty"],
    ["JSON of another kind", ["orphans", "-"], { stdin: '{"deployment":[]}' }, 2, "is not a stack's state"],
    ["a wrong token", ["orphans", "-"], { env: { POSTJECT_ACCESS_TOKEN: "x.y.z" } }, 1, "[unauthorized]"],
    ["no token", ["orphans", "-"], { env: { POSTJECT_ACCESS_TOKEN: "" } }, 1, "[access-token-missing]"],
  ])("%s is refused with what to do", async (_, args, options, expectedCode, message) => {
    const { exitCode, stderr } = await run(args, options);
    expect({ exitCode, stderr }).toEqual({
      exitCode: expectedCode,
      stderr: expect.stringContaining(message),
    });
  });
});

describe("import-file", () => {
  test("imports all servers that no stack owns into a stack of the plugin", async () => {
    open("yaml");
    await pulumi("stack", "init", "dev");
    await pulumi(...UP);
    for (const name of ["Legacy", "legacy", "Legacy 2", "日本"]) await createByHand(reference, name);
    const written = await run(["import-file", "--all", "--stack", "dev", "--out", "import.json"]);
    expect(written.stdout).toBe(
      "Wrote 4 servers to import.json.\nNext:\n  pulumi import --file import.json\n",
    );
    const { resources } = JSON.parse(readFileSync(path.join(workspace.folder, "import.json"), "utf8"));
    const last = reference.servers().at(-1)?.id;
    expect(resources.map(({ name }: { name: string }) => name)).toEqual([
      "legacy",
      "legacy-2",
      "legacy-2-2",
      last,
    ]);
    await pulumi("import", "--file", "import.json", "--yes", "--skip-preview", "--generate-code=false");
    expect((await run(["orphans", "--stack", "dev", "--expect-none"])).exitCode).toBe(0);
    expect(reference.requests({ method: "POST" })).toHaveLength(5);
  });

  test("imports selected servers into a TypeScript program, whose next update completes them", async () => {
    open("quickstart");
    await pulumi("stack", "init", "dev");
    const [id] = [
      await createByHand(reference, "Quickstart App"),
      await createByHand(reference, "Not this one"),
    ];
    const { stdout } = await run(["import-file", id, "--form", "dynamic"]);
    writeFileSync(path.join(workspace.folder, "import.json"), stdout.replace('"quickstart-app"', '"app"'));
    await pulumi("import", "--file", "import.json", "--yes", "--generate-code=false", "--protect=false");
    await pulumi(...UP);
    const { appServerId, appToken } = JSON.parse(await pulumi("stack", "output", "--json", "--show-secrets"));
    const server = reference.servers().find((one) => one.id === id);
    expect({ appServerId, appToken }).toEqual({ appServerId: id, appToken: server?.token });
    expect(await pulumi("stack", "export")).not.toContain(server?.token);
    expect(reference.servers()).toHaveLength(2);
  });

  test("an id that the account does not have stops it before anything is written", async () => {
    open("yaml");
    const { exitCode, stdout, stderr } = await run(["import-file", "clxnope"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("no server clxnope. Nothing was written. [not-found]");
  });
});

test("output that cannot be written ends in one line and exit code 1, and nothing is deleted", async () => {
  open("yaml");
  await pulumi("stack", "init", "dev");
  await pulumi(...UP);
  await createByHand(reference, "Left over");
  for (const [line, problem] of [
    ["cmd --help > /dev/full", "Cannot write to standard output: no space left on device"],
    ["cmd import-file --all > /dev/full", "Cannot write to standard output: no space left on device"],
    [
      "cmd orphans --stack dev --delete --yes > /dev/full",
      "Cannot write to standard output: no space left on device",
    ],
    [
      "cmd import-file --all --out nope/import.json",
      "Cannot write nope/import.json: no such file or directory",
    ],
  ] as const) {
    expect(await inShell(line)).toEqual({ exitCode: 1, stdout: "", stderr: `pulumi-postject: ${problem}\n` });
  }
  expect(idsOf()).toHaveLength(2);
  // A reader that closes the pipe early has seen all it wants.
  const { exitCode, stderr } = await inShell("cmd orphans --stack dev | head -n 1");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});

test("control characters of a name reach no terminal", async () => {
  open("yaml");
  const name = "Red\u001b[31m\u009b1m";
  reference.seed({ servers: [{ name: "Left over" }] });
  const [{ id } = { id: "" }] = reference.servers();
  const body = [
    { id, name, createdAt: "2026-11-27T00:00:00.000Z", token: "pt_live_x", _count: { streams: 3 } },
  ];
  reference.faults.add({ route: "listServers", times: 9, outcome: { kind: "response", status: 200, body } });
  const stdin = '{"deployment":{"resources":[]}}';
  for (const args of [
    ["orphans", "-"],
    ["orphans", "-", "--json"],
    ["import-file", "--all", "--form", "dynamic"],
  ]) {
    const { exitCode, stdout } = await run(args, { stdin });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining("Red") });
    expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  }
  const resources = [{ type: "postject:index:Server", id: "clxmine" }];
  const young = [
    { id: "clxmine", name: "Mine" },
    { id: "\u001b]0;x\u0007clxyoung", name: "Young" },
  ];
  reference.faults.clear();
  reference.faults.add({ route: "listServers", outcome: { kind: "response", status: 200, body: young } });
  const args = ["orphans", "-", "--delete", "--yes"];
  const { stderr } = await run(args, { stdin: JSON.stringify({ deployment: { resources } }) });
  expect(stderr).toMatch(/^pulumi-postject: Nothing was deleted: clxyoung is younger/);
});
