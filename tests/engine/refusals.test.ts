import * as postject from "../../sdk";
import { useReference, useStack } from "../support/fixtures";
import type { Run } from "../support/stack";

const reference = useReference();
const stack = useStack({ reference });

const declare = (args: postject.ServerArgs) => async () => void new postject.Server("app", args);

beforeEach(() => {
  stack.program = declare({ name: "App" });
});

/** A user's mistake: refused, with the code, and without a stack trace. */
function expectRefusal(run: Run, code: string): void {
  expect(run.failed).toBe(true);
  expect(run.printed).toContain(`[${code}]`);
  expect(run.printed).not.toMatch(/^\s+at .*:\d+/m);
}

test("a missing access token is refused at preview, with the command that sets it", async () => {
  const run = await stack.run("preview", { env: { POSTJECT_ACCESS_TOKEN: "" } });
  expectRefusal(run, "access-token-missing");
  expect(run.printed).toContain("pulumi config set --secret postject:accessToken");
});

test("an expired access token is refused at preview, naming its end, and nothing is sent", async () => {
  const expired = await reference.mintAccessToken(reference.account, { expiresInSeconds: -60 });
  const run = await stack.run("preview", { env: { POSTJECT_ACCESS_TOKEN: expired } });
  expectRefusal(run, "access-token-expired");
  expect(run.printed).toMatch(/its `exp` is \d{4}-/);
  expect(reference.requests()).toEqual([]);
});

test("a wrong access token is refused, and the state is as it was", async () => {
  await stack.mustRun("up");
  const kept = async () =>
    (await stack.resources()).map(({ id, inputs, outputs }) => ({ id, inputs, outputs }));
  const before = await kept();
  const wrong = await reference.mintAccessToken(reference.account, { wrongSignature: true });
  const env = { POSTJECT_ACCESS_TOKEN: wrong, POSTJECT_DELETION_PROTECTION: "false" };
  for (const operation of ["refresh", "destroy"] as const)
    expectRefusal(await stack.run(operation, { env }), "unauthorized");
  expect(await kept()).toEqual(before);
  expect(reference.servers()).toHaveLength(1);
});

test("an endpoint where nobody listens is refused after a few attempts", async () => {
  await reference.stop();
  const run = await stack.run("up");
  expectRefusal(run, "network");
  expect(run.printed).toContain(`Cannot reach ${reference.url}: connect ECONNREFUSED`);
  expect(await stack.resources()).toEqual([]);
});

test("the plan's limit is refused with the limit and what helps, and what was created is kept", async () => {
  const { id } = reference.account;
  reference.seed({ accounts: [{ id, plan: "free" }] });
  const program = async () => {
    const first = new postject.Server("first", { name: "First" });
    new postject.Server("second", { name: "Second" }, { dependsOn: first });
  };
  const run = await stack.run("up", { program });
  expectRefusal(run, "plan-limit");
  expect(run.printed).toContain("the Free plan allows 1, the account has 1");
  expect(await stack.resources()).toHaveLength(1);
});

test("a bad name is a check failure that names the property", async () => {
  const { failed, printed } = await stack.run("preview", { program: declare({ name: "A\u0007B" }) });
  expect(failed).toBe(true);
  expect(printed).toContain("property name");
  expect(printed).toContain("must not contain control characters");
  expect(reference.requests()).toEqual([]);
});

test("an input that does not exist is refused by name, its value not shown", async () => {
  const args = { name: "App", deletionProtecton: "hunter2" } as postject.ServerArgs;
  const { failed, printed } = await stack.run("preview", { program: declare(args) });
  expect(failed).toBe(true);
  expect(printed).toContain("unknown input `deletionProtecton`");
  expect(printed).not.toContain("hunter2");
});

test("a bad endpoint is refused before the access token goes anywhere", async () => {
  const run = await stack.run("preview", { env: { POSTJECT_ENDPOINT: "http://postject.example" } });
  expectRefusal(run, "configuration-invalid");
  expect(run.printed).toContain("POSTJECT_ENDPOINT must use https");
});
