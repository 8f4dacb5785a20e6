import { type Reference, type ReferenceOptions, startReference } from "../../provider/reference";
import * as postject from "../../sdk";
import { createTestStack, type Run, type TestStack } from "../support/stack";

let reference: Reference;
let stack: TestStack;

async function start(options: ReferenceOptions & { env?: Record<string, string> } = {}): Promise<void> {
  const { env, ...rest } = options;
  reference = await startReference(rest);
  stack = await createTestStack({
    reference,
    ...(env && { env }),
    program: async () => void new postject.Server("app", { name: "App" }),
  });
}

afterEach(async () => {
  stack.remove();
  await reference.stop();
});

/** A user's mistake: refused, with the code, and without a stack trace. */
function expectRefusal(run: Run, code: string): void {
  expect(run.failed).toBe(true);
  expect(run.printed).toContain(`[${code}]`);
  expect(run.printed).not.toMatch(/^\s+at .*:\d+/m);
}

test("a missing access token is refused at preview, with the command that sets it", async () => {
  await start({ env: { POSTJECT_ACCESS_TOKEN: "" } });
  const run = await stack.run("preview");
  expectRefusal(run, "access-token-missing");
  expect(run.printed).toContain("pulumi config set --secret postject:accessToken");
});

test("an expired access token is refused at preview, naming its end, and nothing is sent", async () => {
  await start();
  const expired = await reference.mintAccessToken(reference.account, { expiresInSeconds: -60 });
  const run = await stack.run("preview", { env: { POSTJECT_ACCESS_TOKEN: expired } });
  expectRefusal(run, "access-token-expired");
  expect(run.printed).toMatch(/its `exp` is \d{4}-/);
  expect(reference.requests()).toEqual([]);
});

test("a wrong access token is refused, and the state is as it was", async () => {
  await start();
  await stack.run("up");
  const kept = async () =>
    (await stack.resources()).map(({ id, inputs, outputs }) => ({ id, inputs, outputs }));
  const before = await kept();
  const wrong = await reference.mintAccessToken(reference.account, { wrongSignature: true });
  for (const operation of ["refresh", "destroy"] as const) {
    expectRefusal(
      await stack.run(operation, {
        env: { POSTJECT_ACCESS_TOKEN: wrong, POSTJECT_DELETION_PROTECTION: "false" },
      }),
      "unauthorized",
    );
  }
  expect(await kept()).toEqual(before);
  expect(reference.servers()).toHaveLength(1);
});

test("an endpoint where nobody listens is refused after a few tries", async () => {
  await start();
  await reference.stop();
  const run = await stack.run("up");
  expectRefusal(run, "network");
  expect(run.printed).toContain(`Cannot reach ${reference.url}: connect ECONNREFUSED`);
  expect(await stack.resources()).toEqual([]);
  reference = await startReference();
});

test("the plan's limit is refused with the limit and what helps, and what was made is kept", async () => {
  await start({ plan: "free" });
  stack.program = async () => {
    const first = new postject.Server("first", { name: "First" });
    new postject.Server("second", { name: "Second" }, { dependsOn: first });
  };
  const run = await stack.run("up");
  expectRefusal(run, "plan-limit");
  expect(run.printed).toContain("the Free plan allows 1, the account has 1");
  expect(await stack.resources()).toHaveLength(1);
});

test.each([
  ["an empty name", "", "must not be empty or blank"],
  ["a blank name", "  ", "must not be empty or blank"],
  ["a name with a control character", "A\u0007B", "must not contain control characters"],
])("%s is a check failure that names the property", async (_, name, reason) => {
  await start();
  stack.program = async () => void new postject.Server("app", { name });
  const { failed, printed } = await stack.run("preview");
  expect(failed).toBe(true);
  expect(printed).toContain("property name");
  expect(printed).toContain(reason);
  expect(reference.requests()).toEqual([]);
});

test("an input that does not exist is refused by name, its value not shown", async () => {
  await start();
  const args = { name: "App", deletionProtecton: "hunter2" } as postject.ServerArgs;
  stack.program = async () => void new postject.Server("app", args);
  const { printed } = await stack.run("preview");
  expect(printed).toContain("unknown input `deletionProtecton`");
  expect(printed).not.toContain("hunter2");
});

test("a bad endpoint is refused before the access token goes anywhere", async () => {
  await start({ env: { POSTJECT_ENDPOINT: "http://postject.example" } });
  const run = await stack.run("preview");
  expectRefusal(run, "configuration-invalid");
  expect(run.printed).toContain("POSTJECT_ENDPOINT must use https");
});
