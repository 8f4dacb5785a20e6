import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { type Reference, startReference } from "pulumi-postject/reference";
import { environment } from "./environment";

let reference: Reference;
let stack: Stack;
let state: string;

beforeEach(async () => {
  reference = await startReference({ plan: "starter" });
  state = mkdtempSync(path.join(tmpdir(), "postject-testing-"));
  stack = await LocalWorkspace.createStack(
    { projectName: "postject-testing", stackName: "test", program: async () => environment(7) },
    {
      // The stack's own files go to a temporary folder; `main` is where the engine looks for packages.
      projectSettings: { name: "postject-testing", runtime: "nodejs", main: process.cwd() },
      envVars: {
        POSTJECT_ENDPOINT: reference.url,
        POSTJECT_ACCESS_TOKEN: reference.accessToken,
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
      },
    },
  );
});

afterEach(async () => {
  await reference.stop();
  rmSync(state, { recursive: true, force: true });
});

test("an environment has two servers, and their tokens are secret", async () => {
  const { outputs } = await stack.up();
  const names = reference.servers().map(({ name }) => name);
  assert.deepEqual(names.sort(), ["pr-7-app", "pr-7-newsletter"]);
  assert.equal(outputs.appToken?.secret, true);
  assert.equal(outputs.appToken?.value, reference.servers().find(({ name }) => name === "pr-7-app")?.token);
});

test("a create whose response is lost leaves exactly one server of that name", async () => {
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  await stack.up();
  assert.equal(reference.servers().length, 2);
});

test("an environment that the plan does not allow fails, and says why", async () => {
  reference.seed({ servers: [{ name: "Production" }, { name: "Staging" }] });
  await assert.rejects(stack.up(), /the account's plan allows/);
});

test("destroying an environment leaves nothing behind", async () => {
  await stack.up();
  await stack.destroy();
  assert.deepEqual(reference.servers(), []);
});
