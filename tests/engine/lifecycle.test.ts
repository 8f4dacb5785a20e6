import type * as pulumi from "@pulumi/pulumi";
import type { ServerArgs } from "../../sdk";
import { deleteOutside, namesOf, onlyServer, requestsOf } from "../support/account";
import { refuse, respond } from "../support/faults";
import { useReference, useStack } from "../support/fixtures";
import { forms } from "../support/forms";

const UNPROTECTED = { env: { POSTJECT_DELETION_PROTECTION: "false" } };

const reference = useReference();
const stack = useStack({ reference });

describe.each(forms)("in the $form form", ({ Server }) => {
  /** A program of one server. */
  const declare = (args: ServerArgs, opts?: pulumi.CustomResourceOptions) => async () =>
    void new Server("app", args, opts);

  test("a server deleted outside Pulumi is dropped by refresh and created again by the next up", async () => {
    await stack.mustRun("up", { program: declare({ name: "App" }) });
    const { id } = onlyServer(reference);
    await deleteOutside(reference, id);
    // A new server does not count as gone yet.
    reference.clock.advance(60_000);
    expect(await stack.mustRun("refresh")).toMatchObject({ changes: { delete: 1 } });
    expect(await stack.resources()).toEqual([]);
    expect(await stack.mustRun("up")).toMatchObject({ changes: { create: 1, same: 1 } });
    expect(onlyServer(reference).id).not.toBe(id);
  });

  test("renaming a protected server is refused until an earlier run has lifted the protection", async () => {
    await stack.mustRun("up", { program: declare({ name: "App" }) });
    const { id } = onlyServer(reference);
    const sent = await requestsOf(reference, async () => {
      for (const operation of ["preview", "up"] as const) {
        const { failed, printed } = await stack.run(operation, { program: declare({ name: "B" }) });
        expect(failed).toBe(true);
        expect(printed).toContain('To avoid that, set `name: "App"`');
        expect(printed).toContain("[deletion-protected]");
      }
      const sameRun = await stack.run("up", { program: declare({ name: "B", deletionProtection: false }) });
      expect(sameRun.printed).toMatch(/takes effect after an update: set `name: "App"` for one `pulumi up`/);
      expect(sameRun.printed).toContain("[deletion-protected]");
      const lifting = declare({ name: "App", deletionProtection: false });
      expect(await stack.mustRun("up", { program: lifting })).toMatchObject({ changes: { update: 1 } });
    });
    expect(sent).toEqual([]);
    const renaming = declare({ name: "B", deletionProtection: false });
    expect(await stack.mustRun("up", { program: renaming })).toMatchObject({ changes: { replace: 1 } });
    expect(onlyServer(reference)).toMatchObject({ name: "B", id: expect.not.stringMatching(id) });
  });

  test("a protected server outlives its removal and a destroy; the environment releases it, unless it asks for protection itself", async () => {
    const program = async () => {
      new Server("app", { name: "App" });
      new Server("own", { name: "Own", deletionProtection: true });
    };
    await stack.mustRun("up", { program });
    expect((await stack.run("up", { program: async () => {} })).printed).toContain("[deletion-protected]");
    const destroy = await stack.run("destroy");
    expect(destroy.printed).toContain("[deletion-protected]");
    expect(destroy.printed).not.toMatch(/^\s+at /m);
    expect(namesOf(reference)).toEqual(["App", "Own"]);
    expect(await stack.resources()).toHaveLength(2);
    const released = await stack.run("destroy", { ...UNPROTECTED, args: { continueOnError: true } });
    expect(released.printed).toContain("[deletion-protected]");
    expect(namesOf(reference)).toEqual(["Own"]);
  });

  test("a rename outside Pulumi shows at refresh, and the next up refuses to replace the server for it", async () => {
    await stack.mustRun("up", { program: declare({ name: "App" }) });
    reference.rename(onlyServer(reference).id, "Renamed");
    expect(await stack.mustRun("refresh")).toMatchObject({ changes: { update: 1 } });
    expect((await stack.run("preview")).printed).toContain('set `name: "Renamed"`');
    const program = declare({ name: "Renamed" });
    expect(await stack.mustRun("up", { program })).toMatchObject({ changes: { same: 2 } });
  });

  test("a failure after the POST keeps id and token in the state: the next up completes the server, and a destroy deletes it", async () => {
    stack.program = async () => {
      for (const name of ["a", "b"]) new Server(name, { name });
    };
    reference.faults.add({ route: "createServer", times: 2, outcome: { kind: "reset" } });
    reference.faults.add({ route: "getServer", times: 99, outcome: respond(404, "<html>") });
    const { failed, printed } = await stack.run("up");
    expect(failed).toBe(true);
    expect(printed).toContain("[create-incomplete]");
    const partial = await stack.resources();
    const initErrors = [expect.any(String)];
    const servers = reference.servers();
    expect(partial).toHaveLength(2);
    expect(partial).toEqual(
      expect.arrayContaining(servers.map(({ id }) => expect.objectContaining({ id, initErrors }))),
    );
    for (const { token } of servers) expect(stack.rawState()).not.toContain(token);
    reference.faults.clear();
    const target = partial.slice(0, 1).map(({ urn }) => urn);
    expect(await stack.mustRun("up", { args: { target } })).toMatchObject({ changes: { update: 1 } });
    const completed = (await stack.resources()).find(({ urn }) => target.includes(urn));
    expect(completed?.outputs.streams).toHaveLength(3);
    expect(completed?.initErrors ?? []).toEqual([]);
    expect(reference.requests({ method: "POST" })).toHaveLength(2);
    await stack.mustRun("destroy", UNPROTECTED);
    expect(reference.servers()).toEqual([]);
  });

  test("a second server of a name is refused, as another resource's, and created where allowDuplicateName says so", async () => {
    stack.program = async () => {
      const first = new Server("first", { name: "Same" });
      new Server("second", { name: "Same" }, { dependsOn: first });
    };
    // At first the run itself has created the first one, then it is in the state.
    for (const _ of [1, 2])
      expect((await stack.run("up")).printed).toContain("Another resource of the program has it");
    expect(reference.servers()).toHaveLength(1);
    stack.program = async () => {
      new Server("first", { name: "Same" });
      new Server("second", { name: "Same", allowDuplicateName: true });
    };
    await stack.mustRun("up");
    const ids = (await stack.resources()).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(
      reference
        .servers()
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(ids).toHaveLength(2);
  });

  test("a create that is refused after deleteBeforeReplace is done by the next up, whose message says how", async () => {
    const options = { deleteBeforeReplace: true };
    await stack.mustRun("up", { program: declare({ name: "App" }, options) });
    reference.faults.add({
      route: "createServer",
      commit: false,
      outcome: refuse(403, "Plan limit reached"),
    });
    const program = declare({ name: "Renamed" }, options);
    expect((await stack.run("up", { ...UNPROTECTED, program })).printed).toContain("[plan-limit]");
    expect(reference.servers()).toEqual([]);
    const advice = "allow it for one run with `POSTJECT_DELETION_PROTECTION=false`";
    expect((await stack.run("up")).printed).toContain(advice);
    await stack.mustRun("up", UNPROTECTED);
    expect(onlyServer(reference).name).toBe("Renamed");
    await stack.mustRun("preview", { args: { expectNoChanges: true } });
  });
});
