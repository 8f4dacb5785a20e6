import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { createWorkspace, runCommand, type Workspace } from "../../tools/workspace";
import { createByHand } from "../support/account";
import { useReference } from "../support/fixtures";
import { type UnpackedPackage, unpackPackage } from "../support/unpacked-package";

const reference = useReference();
let workspace: Workspace;

afterEach(() => workspace.remove());

function open(example: string): void {
  workspace = createWorkspace({
    example: `examples/${example}`,
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
}

/** Runs a command that must succeed. */
async function pulumi(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await workspace.pulumi(args, env);
  expect({ exitCode, printed: exitCode === 0 ? "" : stdout + stderr }).toEqual({ exitCode: 0, printed: "" });
  return stdout + stderr;
}

const UNPROTECTED = { POSTJECT_DELETION_PROTECTION: "false" };
const RUN = ["--yes", "--skip-preview", "--suppress-progress"];

test("the YAML example goes up and down without a warning", async () => {
  open("yaml");
  await pulumi(["stack", "init", "dev"]);
  const printed = await pulumi(["up", ...RUN]);
  expect(printed).not.toContain("warning");
  expect(reference.servers()).toHaveLength(1);
  await pulumi(["destroy", ...RUN], UNPROTECTED);
  expect(reference.servers()).toEqual([]);
});

test("the multi-account example puts one server into each account, and protects one of them", async () => {
  open("multi-account");
  const other = reference.addAccount();
  await pulumi(["stack", "init", "dev"]);
  await pulumi(["config", "set", "--secret", "productionAccessToken", reference.accessToken]);
  await pulumi(["config", "set", "--secret", "stagingAccessToken", await reference.mintAccessToken(other)]);
  await pulumi(["up", ...RUN], { POSTJECT_ACCESS_TOKEN: "" });
  expect(
    reference
      .servers()
      .map(({ accountId }) => accountId)
      .toSorted(),
  ).toEqual([reference.account.id, other.id].toSorted());
  const destroyed = await workspace.pulumi(["destroy", ...RUN], { POSTJECT_ACCESS_TOKEN: "" });
  expect(destroyed.stdout).toContain("[deletion-protected]");
  expect(reference.servers().map(({ accountId }) => accountId)).toEqual([reference.account.id]);
});

const BIN = path.join(ROOT, "node_modules/.bin");

describe("the testing example, with the packed package", () => {
  let unpacked: UnpackedPackage;

  beforeAll(() => {
    unpacked = unpackPackage();
    for (const name of ["vitest", "@jest"])
      symlinkSync(path.join(ROOT, "node_modules", name), path.join(unpacked.folder, "node_modules", name));
  });

  afterAll(() => unpacked.remove());

  // Under node:test all tests run; for the others, one of each file is enough.
  test.each([
    ["node:test", "tsc && node --test dist", /pass 5$/m],
    ["vitest", "tsc && vitest run --exclude 'dist/**' --testTimeout 60000 -t 'two servers'", /2 passed/],
    ["@jest/globals", "tsc && jest dist --testTimeout 60000 -t 'two servers'", /2 passed/],
  ])("passes with the functions of %s", async (runner, command, passed) => {
    open("testing");
    const folder = path.join(unpacked.folder, "testing");
    cpSync(path.join(ROOT, "examples/testing"), folder, { recursive: true });
    for (const name of ["environment.test.ts", "environment.unit.test.ts"]) {
      const file = path.join(folder, name);
      writeFileSync(file, readFileSync(file, "utf8").replace('from "node:test"', `from "${runner}"`));
    }
    const PATH = [BIN, workspace.env.PATH].join(path.delimiter);
    const env = { ...workspace.env, PATH, NODE_OPTIONS: "", NO_COLOR: "1" };
    const { exitCode, stdout, stderr } = await runCommand("bash", ["-c", command], folder, env);
    rmSync(folder, { recursive: true });
    expect({ exitCode, printed: exitCode === 0 ? "" : stdout + stderr }).toEqual({
      exitCode: 0,
      printed: "",
    });
    expect(stdout + stderr).toMatch(passed);
  });
});

test("the import example imports a server that was created by hand", async () => {
  open("import");
  await createByHand(reference, "Legacy App");
  await pulumi(["stack", "init", "dev"]);
  await pulumi(["import", "postject:index:Server", "app", reference.servers()[0]?.id ?? "", "--yes"]);
  await pulumi(["preview", "--expect-no-changes"]);
  expect(reference.requests({ method: "POST" })).toHaveLength(1);
});

// Official installs of Pulumi include these language hosts; an engine built from Go modules does not.
for (const { example: language, file, declaration } of [
  { example: "python", file: "server.py", declaration: "class Server(" },
  { example: "go", file: "server.go", declaration: "func NewServer(" },
]) {
  const hasHost = (process.env.PATH ?? "")
    .split(path.delimiter)
    .some((folder) => existsSync(path.join(folder, `pulumi-language-${language}`)));
  const name = `the SDK for the ${language} example is generated from the plugin`;
  (hasHost ? test : test.skip)(
    hasHost ? name : `${name} (skipped: no pulumi-language-${language} on PATH)`,
    async () => {
      open(language);
      const out = path.join(workspace.folder, "sdk");
      const plugin = path.join(ROOT, "pulumi-resource-postject");
      await pulumi(["package", "gen-sdk", plugin, "--language", language, "--out", out]);
      const made = readdirSync(out, { recursive: true, encoding: "utf8" });
      const server = made.find((entry) => path.basename(entry) === file) ?? "";
      expect(readFileSync(path.join(out, server), "utf8")).toContain(declaration);
    },
  );
}
