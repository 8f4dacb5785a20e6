import * as pulumi from "@pulumi/pulumi";
import * as postject from "../../sdk";
import { namesOf, onlyServer } from "../support/account";
import { useReference, useStack } from "../support/fixtures";
import { forms, PluginServer } from "../support/forms";

// What a server is called and which one it is must not depend on where it is declared.

const reference = useReference();
const stack = useStack({ reference });

describe.each(forms)("in the $form form", ({ Server }) => {
  test("a made-up name survives a stack rename and an alias, and a given one outlives its line in the program", async () => {
    const declare =
      (name: string, given: postject.ServerArgs, aliases: pulumi.Alias[] = []) =>
      async () => {
        new Server(name, {}, { aliases });
        new Server("given", given);
      };
    await stack.mustRun("up", { program: declare("app", { name: "App" }) });
    const before = reference.servers();
    expect(namesOf(reference)).toEqual(["App", expect.stringMatching(/^app-[0-9a-f]{7}$/)]);
    await stack.rename("production");
    for (const program of [declare("app", {}), declare("mail", {}, [{ name: "app" }])]) {
      expect((await stack.mustRun("up", { program })).changes).toEqual({ same: 3 });
      expect(reference.servers()).toEqual(before);
    }
    const stored = (await stack.resources()).map(({ id, outputs }) => ({ id, name: outputs.name }));
    expect(stored).toEqual(expect.arrayContaining(before.map(({ id, name }) => ({ id, name }))));
  });

  test("a get reads a server that the program does not own; of one that does not exist, is another account's or vanished it is an error", async () => {
    const stranger = await reference.mintAccessToken(reference.addAccount());
    reference.seed({ servers: [{ name: "App" }] });
    const { id, token } = onlyServer(reference);
    const read = (wanted: string) => async () => {
      const server = Server.get("shared", wanted);
      return { name: server.name, token: server.token };
    };
    const expectMissing = async (wanted: string, env = {}) => {
      const { failed, printed } = await stack.run("up", { program: read(wanted), env });
      expect(failed).toBe(true);
      expect(printed).toContain(`resource '${wanted}' does not exist`);
    };
    await expectMissing("clxnope");
    await expectMissing(id, { POSTJECT_ACCESS_TOKEN: stranger });
    await stack.mustRun("up", { program: read(id) });
    expect(await stack.outputs()).toEqual({ name: "App", token });
    expect(stack.rawState()).not.toContain(token);
    const snapshot = reference.snapshot();
    reference.reset();
    await expectMissing(id);
    reference.restore(snapshot);
    await stack.mustRun("destroy", { env: { POSTJECT_DELETION_PROTECTION: "false" } });
    expect(onlyServer(reference).id).toBe(id);
  });

  test("an access token of another account is warned of in a preview, once", async () => {
    const program = async () => {
      for (const name of ["A", "B"]) new Server(name, { name });
    };
    await stack.mustRun("up", { program });
    const env = { POSTJECT_ACCESS_TOKEN: await reference.mintAccessToken(reference.addAccount()) };
    const { printed } = await stack.mustRun("preview", { env });
    const warnings = printed.match(/warning: The access token is of account acct_\w+, but server "[AB]"/g);
    // Each is printed when it comes and once more at the end.
    expect(new Set(warnings).size).toBe(1);
    expect(printed).toContain(`belongs to account ${reference.account.id}`);
  });
});

test("a secret name is in no message of the plugin, whichever operation fails", async () => {
  reference.seed({ servers: [{ name: "hunter2 taken" }] });
  const declare = (name: string) => async () => {
    const app = new PluginServer("app", { name: pulumi.secret(name) });
    new PluginServer("twin", { name: pulumi.secret("hunter2 taken") }, { dependsOn: app });
  };
  const runs = [
    await stack.run("up", { program: declare("hunter2 merger") }),
    await stack.run("destroy"),
    await stack.run("preview", { program: declare("other") }),
  ];
  for (const { failed, printed } of runs) {
    expect(failed).toBe(true);
    expect(printed).toMatch(/\[(name-taken|deletion-protected)\]/);
    expect(printed).not.toContain("hunter2");
  }
});

test("a server that moves from the plugin to the dynamic form by an alias is refreshed and deleted by it", async () => {
  await stack.mustRun("up", { program: async () => void new PluginServer("app", { name: "App" }) });
  const { id } = onlyServer(reference);
  const opts = { aliases: [{ type: "postject:index:Server" }] };
  await stack.mustRun("up", { program: async () => void new postject.Server("app", { name: "App" }, opts) });
  expect(onlyServer(reference).id).toBe(id);
  await stack.mustRun("refresh", { args: { expectNoChanges: true } });
  await stack.mustRun("preview", { args: { expectNoChanges: true } });
  await stack.mustRun("destroy", { env: { POSTJECT_DELETION_PROTECTION: "false" } });
  expect(reference.servers()).toEqual([]);
});

test("two servers of one name under different parents are two resources", async () => {
  // The engine tells resources of one name apart by the types of their parents.
  class Group extends pulumi.ComponentResource {
    constructor(type: string, name: string) {
      super(`acme:index:${type}`, name);
      new postject.Server("app", {}, { parent: this });
    }
  }
  const program = async () => {
    new Group("One", "one");
    new Group("Two", "two");
  };
  await stack.mustRun("up", { program });
  expect(new Set(namesOf(reference)).size).toBe(2);
});

test("an output lookup waits in a preview for the server that this run creates", async () => {
  const program = async () => {
    const app = new postject.Server("app", { name: "App" });
    const found = postject.getServerOutput({ name: app.name });
    const all = postject.getServersOutput({}, { dependsOn: [app] });
    return { id: found.id, count: all.servers.length };
  };
  await stack.configure({
    "postject:endpoint": reference.url,
    "postject:accessToken": reference.accessToken,
  });
  await stack.mustRun("preview", { program });
  expect(reference.requests()).toEqual([]);
  await stack.mustRun("up");
  expect(await stack.outputs()).toEqual({ id: onlyServer(reference).id, count: 1 });
});
