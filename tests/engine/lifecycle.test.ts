import type * as pulumi from "@pulumi/pulumi";
import { type Reference, startReference } from "../../provider/reference";
import type { ServerArgs } from "../../sdk";
import { onlyServer, requestsOf } from "../support/account";
import { forms } from "../support/forms";
import { createTestStack, type TestStack } from "../support/stack";

const UNPROTECTED = { env: { POSTJECT_DELETION_PROTECTION: "false" } };

describe.each(forms)("in the $form form", ({ Server }) => {
  let reference: Reference;
  let stack: TestStack;

  /** A program of one server. */
  const declare = (args: ServerArgs, opts?: pulumi.CustomResourceOptions) => async () =>
    void new Server("app", args, opts);

  beforeEach(async () => {
    reference = await startReference();
    stack = await createTestStack({ reference, program: declare({ name: "App" }) });
  });

  afterEach(async () => {
    stack.remove();
    await reference.stop();
  });

  test("up creates the server with one POST, and the next up sends nothing", async () => {
    expect(await requestsOf(reference, () => stack.run("up"))).toEqual([
      "GET /v1/servers",
      "POST /v1/servers",
    ]);
    const again = await requestsOf(reference, async () =>
      expect(await stack.run("up")).toMatchObject({ changes: { same: 2 } }),
    );
    expect(again).toEqual([]);
  });

  test("a refresh of N servers makes N GETs and finds nothing", async () => {
    stack.program = async () => {
      for (const name of ["A", "B", "C"]) new Server(name, { name });
    };
    await stack.run("up");
    const sent = await requestsOf(reference, async () => {
      expect(await stack.run("refresh", { args: { expectNoChanges: true } })).toMatchObject({
        failed: false,
      });
    });
    expect(sent.toSorted()).toEqual(
      reference
        .servers()
        .map(({ id }) => `GET /v1/servers/${id}`)
        .toSorted(),
    );
  });

  test("a server deleted behind Pulumi's back is dropped by refresh and made again by the next up", async () => {
    await stack.run("up");
    const { id } = onlyServer(reference);
    await fetch(`${reference.url}/v1/servers/${id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${reference.accessToken}` },
    });
    // A new server is not taken for gone yet.
    reference.clock.advance(60_000);
    expect(await stack.run("refresh")).toMatchObject({ failed: false, changes: { delete: 1 } });
    expect(await stack.resources()).toEqual([]);
    expect(await stack.run("up")).toMatchObject({ changes: { create: 1, same: 1 } });
    expect(onlyServer(reference).id).not.toBe(id);
  });

  test("renaming a protected server is refused at preview and at up, and writes nothing", async () => {
    await stack.run("up");
    stack.program = declare({ name: "B" });
    const sent = await requestsOf(reference, async () => {
      for (const operation of ["preview", "up"] as const) {
        const { failed, printed } = await stack.run(operation);
        expect(failed).toBe(true);
        expect(printed).toContain('To avoid that, set `name: "App"`');
        expect(printed).toContain("[deletion-protected]");
      }
    });
    expect(sent).toEqual([]);
  });

  test("lifting the protection in the same run as the rename does not lift it", async () => {
    await stack.run("up");
    stack.program = declare({ name: "B", deletionProtection: false });
    const { printed } = await stack.run("up");
    expect(printed).toContain('takes effect after an update: set `name: "App"` for one `pulumi up`');
    expect(printed).toContain("[deletion-protected]");
    expect(onlyServer(reference).name).toBe("App");
  });

  test("lifting the protection is an update of the state alone; the rename after it replaces the server", async () => {
    await stack.run("up");
    stack.program = declare({ name: "App", deletionProtection: false });
    expect(
      await requestsOf(reference, async () =>
        expect(await stack.run("up")).toMatchObject({ changes: { update: 1 } }),
      ),
    ).toEqual([]);
    const { id } = onlyServer(reference);
    stack.program = declare({ name: "B", deletionProtection: false });
    expect(await stack.run("up")).toMatchObject({ failed: false, changes: { replace: 1 } });
    expect(onlyServer(reference)).toMatchObject({ name: "B", id: expect.not.stringMatching(id) });
  });

  test("a protected server outlives its removal from the program and a destroy, until the environment allows it", async () => {
    await stack.run("up");
    stack.program = async () => {};
    expect((await stack.run("up")).printed).toContain("[deletion-protected]");
    const destroy = await stack.run("destroy");
    expect(destroy.printed).toContain("[deletion-protected]");
    expect(destroy.printed).not.toMatch(/^\s+at /m);
    expect(onlyServer(reference).name).toBe("App");
    expect(await stack.resources()).toHaveLength(1);
    expect(await stack.run("destroy", UNPROTECTED)).toMatchObject({ failed: false });
    expect(reference.servers()).toEqual([]);
  });

  test("a server that asks for protection itself is not released by the environment", async () => {
    stack.program = declare({ name: "App", deletionProtection: true });
    await stack.run("up");
    expect((await stack.run("destroy", UNPROTECTED)).printed).toContain("[deletion-protected]");
    expect(onlyServer(reference).name).toBe("App");
  });

  test("a rename outside Pulumi shows at refresh, and the next up refuses to replace the server for it", async () => {
    await stack.run("up");
    reference.rename(onlyServer(reference).id, "Renamed");
    expect(await stack.run("refresh")).toMatchObject({ failed: false, changes: { update: 1 } });
    expect((await stack.run("preview")).printed).toContain('set `name: "Renamed"`');
    stack.program = declare({ name: "Renamed" });
    expect(await stack.run("up")).toMatchObject({ failed: false, changes: { same: 2 } });
  });

  test("a failure after the POST keeps id and token in the state; the next up completes it", async () => {
    reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
    reference.faults.add({
      route: "getServer",
      times: 9,
      outcome: { kind: "response", status: 404, body: "<html>" },
    });
    const { failed, printed } = await stack.run("up");
    expect(failed).toBe(true);
    expect(printed).toContain("[create-incomplete]");
    const { id, token } = onlyServer(reference);
    expect(await stack.resources()).toMatchObject([{ id, initErrors: [expect.any(String)] }]);
    expect(stack.rawState()).not.toContain(token);
    reference.faults.clear();
    expect(await stack.run("up")).toMatchObject({ failed: false, changes: { update: 1 } });
    const [resource] = await stack.resources();
    expect(resource?.outputs.streams).toHaveLength(3);
    expect(resource?.initErrors ?? []).toEqual([]);
    expect(reference.requests({ method: "POST" })).toHaveLength(1);
  });

  test("a failure after the POST does not keep a later destroy from working", async () => {
    reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
    reference.faults.add({ route: "getServer", outcome: { kind: "response", status: 404, body: "<html>" } });
    await stack.run("up");
    expect(await stack.run("destroy", UNPROTECTED)).toMatchObject({ failed: false });
    expect(reference.servers()).toEqual([]);
  });

  test("a second server of a name is refused, as another resource's, and made where allowDuplicateName says so", async () => {
    stack.program = async () => {
      const first = new Server("first", { name: "Same" });
      new Server("second", { name: "Same" }, { dependsOn: first });
    };
    for (const _ of [1, 2])
      expect((await stack.run("up")).printed).toContain("Another resource of the program has it");
    expect(reference.servers()).toHaveLength(1);
    stack.program = async () => {
      new Server("first", { name: "Same" });
      new Server("second", { name: "Same", allowDuplicateName: true });
    };
    expect((await stack.run("up")).failed).toBe(false);
    const ids = (await stack.resources()).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(
      reference
        .servers()
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(ids).toHaveLength(2);
  });

  test("Server.get reads a server that the program does not own; destroy leaves it alone", async () => {
    await stack.run("up");
    const { id, token } = onlyServer(reference);
    const other = await createTestStack({
      reference,
      program: async () => {
        const server = Server.get("found", id);
        return { name: server.name, token: server.token };
      },
    });
    expect((await other.run("up")).failed).toBe(false);
    expect(await other.outputs()).toEqual({ name: "App", token });
    expect(other.rawState()).not.toContain(token);
    expect((await other.run("destroy", UNPROTECTED)).failed).toBe(false);
    expect(reference.servers()).toHaveLength(1);
    other.remove();
  });

  test("two servers replaced under their own name are made after the old ones are gone", async () => {
    stack.program = declare({ name: "App", deletionProtection: false }, { deleteBeforeReplace: true });
    await stack.run("up");
    const { id } = onlyServer(reference);
    const [resource] = await stack.resources();
    expect(await stack.run("up", { args: { replace: [resource?.urn] } })).toMatchObject({ failed: false });
    expect(onlyServer(reference).id).not.toBe(id);
  });

  test("a create that is refused after deleteBeforeReplace is done by the next up, whose message says how", async () => {
    stack.program = declare({ name: "App" }, { deleteBeforeReplace: true });
    await stack.run("up");
    stack.program = declare({ name: "Renamed" }, { deleteBeforeReplace: true });
    reference.faults.add({
      route: "createServer",
      commit: false,
      outcome: { kind: "response", status: 403, body: { statusCode: 403, message: "Plan limit reached" } },
    });
    expect((await stack.run("up", UNPROTECTED)).printed).toContain("[plan-limit]");
    expect(reference.servers()).toEqual([]);
    expect((await stack.run("up")).printed).toContain("also helps if an earlier run deleted the server");
    expect(await stack.run("up", UNPROTECTED)).toMatchObject({ failed: false });
    expect(onlyServer(reference).name).toBe("Renamed");
    expect(await stack.run("preview", { args: { expectNoChanges: true } })).toMatchObject({ failed: false });
  });

  test("the state and the output hold no secret in plain text", async () => {
    stack.program = async () => ({ token: new Server("app", { name: "App" }).token });
    const { printed } = await stack.run("up");
    const { token } = onlyServer(reference);
    for (const text of [stack.rawState(), printed]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(reference.accessToken);
    }
    expect(await stack.outputs()).toEqual({ token });
  });

  test("a preview of a create sends nothing", async () => {
    expect(await requestsOf(reference, () => stack.run("preview"))).toEqual([]);
  });
});
