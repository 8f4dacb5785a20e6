import * as pulumi from "@pulumi/pulumi";
import { type Reference, startReference } from "../../provider/reference";
import * as postject from "../../sdk";
import { onlyServer } from "../support/account";
import { forms } from "../support/forms";
import { createTestStack, type TestStack } from "../support/stack";

// What a server is called and which one it is must not depend on where it is declared.

let reference: Reference;
let stack: TestStack;

beforeEach(async () => {
  reference = await startReference();
});

afterEach(async () => {
  stack.remove();
  await reference.stop();
});

describe.each(forms)("in the $form form", ({ Server }) => {
  test("a name that was made up survives a stack rename, a new project name, an alias and another version's state", async () => {
    const declare =
      (name: string, aliases: pulumi.Alias[] = []) =>
      async () =>
        void new Server(name, {}, { aliases });
    stack = await createTestStack({ reference, program: declare("app") });
    await stack.run("up");
    const { id, name } = onlyServer(reference);
    expect(name).toMatch(/^app-[0-9a-f]{7}$/);
    const expectNoChange = async () => {
      const { printed, changes } = await stack.run("up");
      expect({ printed, changes }).toMatchObject({ changes: { same: 2 } });
      expect(onlyServer(reference).id).toBe(id);
    };
    await stack.rename("production");
    await expectNoChange();
    stack.program = declare("mail", [{ name: "app" }]);
    await expectNoChange();
    expect((await stack.resources())[0]).toMatchObject({ id, outputs: { name } });
  });

  test("a resource that gives up its name in the program keeps the server's", async () => {
    stack = await createTestStack({
      reference,
      program: async () => void new Server("app", { name: "App" }),
    });
    await stack.run("up");
    stack.program = async () => void new Server("app");
    expect((await stack.run("up")).changes).toEqual({ same: 2 });
    expect(onlyServer(reference).name).toBe("App");
  });

  test("a get of a server that does not exist, that is another account's or that vanished is an error", async () => {
    const stranger = await reference.mintAccessToken(reference.addAccount());
    stack = await createTestStack({
      reference,
      program: async () => void new Server("app", { name: "App" }),
    });
    await stack.run("up");
    const { id } = onlyServer(reference);
    const read = (wanted: string) => async () => ({ name: Server.get("shared", wanted).name });
    const other = await createTestStack({ reference, program: read("clxnope") });
    expect((await other.run("up")).printed).toContain("resource 'clxnope' does not exist");
    other.program = read(id);
    const asStranger = await other.run("up", { env: { POSTJECT_ACCESS_TOKEN: stranger } });
    expect(asStranger.printed).toContain(`resource '${id}' does not exist`);
    expect(await other.run("up")).toMatchObject({ failed: false });
    expect(await other.outputs()).toEqual({ name: "App" });
    reference.reset();
    const vanished = await other.run("up");
    expect(vanished).toMatchObject({ failed: true });
    expect(vanished.printed).toContain(`resource '${id}' does not exist`);
    other.remove();
  });

  test("a secret name is in no message, whichever operation fails", async () => {
    const declare = (name: string) => async () => void new Server("app", { name: pulumi.secret(name) });
    stack = await createTestStack({ reference, program: declare("hunter2 merger") });
    await stack.run("up");
    const twin = await createTestStack({ reference, program: declare("hunter2 merger") });
    const printed = [
      await twin.run("up"),
      await stack.run("destroy"),
      ...(await (async () => {
        stack.program = declare("other");
        return [await stack.run("preview")];
      })()),
    ];
    for (const run of printed) expect(run).toMatchObject({ failed: true });
    // The dynamic form's host is not told which inputs are secret; docs/reliability.md says so.
    if (Server !== postject.Server) expect(printed.map((run) => run.printed).join()).not.toContain("hunter2");
    twin.remove();
  });
});

test("an empty id is no id to get: it creates nothing", async () => {
  let refused: unknown;
  stack = await createTestStack({
    reference,
    program: async () => {
      try {
        postject.Server.get("shared", "");
      } catch (error) {
        refused = error;
      }
    },
  });
  await stack.run("up");
  expect(String(refused)).toContain("the id is empty");
  expect(reference.requests()).toEqual([]);
});

test("an output lookup waits in a preview for the server that this run creates", async () => {
  stack = await createTestStack({
    reference,
    program: async () => {
      const app = new postject.Server("app", { name: "App" });
      const found = postject.getServerOutput({ name: app.name });
      const all = postject.getServersOutput({}, { dependsOn: [app] });
      return { id: found.id, count: all.servers.length };
    },
  });
  await stack.stack.setConfig("postject:endpoint", { value: reference.url });
  await stack.stack.setConfig("postject:accessToken", { value: reference.accessToken, secret: true });
  expect(await stack.run("preview")).toMatchObject({ failed: false });
  expect(reference.requests()).toEqual([]);
  expect(await stack.run("up")).toMatchObject({ failed: false });
  expect(await stack.outputs()).toEqual({ id: onlyServer(reference).id, count: 1 });
});

test("a token of another account warns in a preview, once", async () => {
  for (const { Server } of forms) {
    stack = await createTestStack({
      reference,
      program: async () => {
        for (const name of ["A", "B"]) new Server(name, { name });
      },
    });
    await stack.run("up");
    const other = reference.addAccount();
    const env = { POSTJECT_ACCESS_TOKEN: await reference.mintAccessToken(other) };
    const { failed, printed } = await stack.run("preview", { env });
    expect(failed).toBe(false);
    const warnings = printed.match(/warning: The access token is of account acct_\w+, but server "[AB]"/g);
    // Each is printed when it comes and once more at the end.
    expect(new Set(warnings).size).toBe(1);
    expect(printed).toContain(`belongs to account ${reference.account.id}`);
    if (Server === forms[0].Server) stack.remove();
    reference.reset();
  }
});
