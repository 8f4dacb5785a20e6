import * as pulumi from "@pulumi/pulumi";
import * as postject from "../../sdk";
import { createByHand, namesOf, onlyServer } from "../support/account";
import { respond } from "../support/faults";
import { useReference, useStack } from "../support/fixtures";
import { forms, PluginServer } from "../support/forms";
import type { Run, RunOptions } from "../support/stack";
import { useYaml } from "../support/yaml";

// One server belongs to one resource. What an error advises is followed to a clean preview, as a user would.

const reference = useReference();
const stack = useStack({ reference });

const UNPROTECTED = { POSTJECT_DELETION_PROTECTION: "false" };

const deletes = () => reference.requests({ method: "DELETE" }).length;
const idsInState = async () => (await stack.resources()).map(({ id }) => id);

type Program = pulumi.automation.PulumiFn;
const up = (program: Program, options?: RunOptions) => stack.run("up", { ...options, program });
const mustUp = (program: Program, options?: RunOptions) => stack.mustRun("up", { ...options, program });

/** Programs of one server called App, or otherwise. */
const inPlugin =
  (name: string, opts?: pulumi.CustomResourceOptions, args?: postject.ServerArgs) => async () =>
    void new PluginServer(name, { name: "App", ...args }, opts);
const inDynamicForm = (name: string, args?: postject.ServerArgs) => async () =>
  void new postject.Server(name, { name: "App", ...args });

/** Runs the command that an error shows in backticks, through a shell as a user would. */
async function follow({ printed }: Run): Promise<string> {
  const [, command = ""] = /run `(pulumi import [^`]+)`/.exec(printed) ?? [];
  expect({ printed, command }).toMatchObject({ command: expect.stringContaining("pulumi import") });
  const { exitCode, stdout, stderr } = await stack.shell(
    `${command} --yes --generate-code=false --non-interactive`,
  );
  expect({ exitCode, printed: exitCode === 0 ? "" : stdout + stderr }).toEqual({ exitCode: 0, printed: "" });
  return command;
}

async function expectCleanPreview(): Promise<void> {
  const { changes } = await stack.mustRun("preview");
  expect(Object.keys(changes)).toEqual(["same"]);
}

test("a resource renamed without an alias is told of aliases first; after the import neither removal nor destroy doubles a delete", async () => {
  await mustUp(inPlugin("app"));
  const { id } = onlyServer(reference);
  const renamed = inPlugin("my mail");
  const taken = await up(renamed);
  expect(taken.printed).toMatch(/aliases.*pulumi state rename[\s\S]*pulumi import/);
  expect(taken.printed).not.toContain("never recorded");
  expect(await follow(taken)).toContain("'my mail'");
  const removed = await mustUp(renamed);
  expect(removed.printed).toContain(
    `warning: Not deleted: another resource of the program has server "App" (${id})`,
  );
  expect(deletes()).toBe(0);
  await expectCleanPreview();
  await stack.mustRun("destroy", { env: UNPROTECTED });
  expect(deletes()).toBe(1);
  expect(reference.servers()).toEqual([]);
});

test("with --refresh an alias is not a second resource, and the advised import works as well", async () => {
  const unprotected = { deletionProtection: false };
  const refresh = { args: { refresh: true } };
  await mustUp(inPlugin("app", {}, unprotected));
  const { id } = onlyServer(reference);
  const renamed = await mustUp(inPlugin("mail", { aliases: [{ name: "app" }] }, unprotected), refresh);
  expect(renamed.changes).toEqual({ same: 2 });
  expect(renamed.printed).not.toContain("warning");
  await mustUp(inPlugin("post", { import: id }, unprotected), refresh);
  expect(deletes()).toBe(0);
  expect(await idsInState()).toEqual([id]);
  // A replacement in a run with a refresh deletes what it replaces.
  const replacing = inPlugin("final", { aliases: [{ name: "post" }] }, { ...unprotected, name: "Renamed" });
  expect((await mustUp(replacing, refresh)).changes).toMatchObject({ replace: 1 });
  expect(namesOf(reference)).toEqual(["Renamed"]);
});

test("two resources that have one server are warned of, and leave together with one delete", async () => {
  await mustUp(inPlugin("app"));
  const { id } = onlyServer(reference);
  const flags = ["--yes", "--generate-code=false", "--protect=false"];
  await stack.pulumi(["import", "postject:index:Server", "twin", id, ...flags]);
  const both = await up(async () => {
    await inPlugin("app")();
    await inPlugin("twin")();
  });
  expect(both.printed).toContain(`warning: Two resources of the program have server "App" (${id})`);
  await stack.mustRun("destroy", { env: UNPROTECTED, args: { refresh: true } });
  expect(deletes()).toBe(1);
  expect(reference.servers()).toEqual([]);
});

test("the import option is refused for a server that an earlier resource of the program has", async () => {
  await mustUp(inPlugin("app"));
  const { id } = onlyServer(reference);
  const { failed, printed } = await up(async () => {
    const app = new PluginServer("app", { name: "App" });
    new PluginServer("twin", { name: "App" }, { import: id, dependsOn: [app] });
  });
  expect(failed).toBe(true);
  expect(printed).toContain(`Cannot take over server ${id}: another resource of the program has it`);
  expect(await stack.resources()).toHaveLength(1);
});

test("with an explicit provider the import line names it, and asks that provider's account", async () => {
  const token = await reference.mintAccessToken(reference.addAccount());
  class PostjectProvider extends pulumi.ProviderResource {}
  const program = async () => {
    const args = { accessToken: pulumi.secret(token), endpoint: reference.url };
    new PluginServer("app", { name: "App" }, { provider: new PostjectProvider("postject", "eu", args) });
  };
  await createByHand(reference, "App", token);
  expect(await follow(await up(program))).toMatch(
    /--provider 'provider=urn:pulumi:.*::eu'|--provider provider=urn:pulumi:.*::eu/,
  );
  await mustUp(program);
  await expectCleanPreview();
});

test("inside a component of the program the option `import` takes the server over in its place", async () => {
  class Mail extends pulumi.ComponentResource {
    constructor(name: string, opts: pulumi.CustomResourceOptions = {}) {
      super("acme:index:Mail", name);
      new PluginServer(`${name}-app`, { name: "App" }, { ...opts, parent: this });
    }
  }
  const id = await createByHand(reference, "App");
  const taken = await up(async () => void new Mail("mail"));
  expect(taken.printed).toContain(`set the resource option \`import: "${id}"\` on it`);
  await mustUp(async () => void new Mail("mail", { import: id }));
  await mustUp(async () => void new Mail("mail"));
  await expectCleanPreview();
  expect((await stack.resources()).find((one) => one.id === id)?.urn).toContain("Mail$postject");
});

// A component that fails in an inline program fails jest, too.
describe("in YAML", () => {
  const { declare, run, mustRun, resources } = useYaml(reference);

  test("inside the plugin's Environment an import line with the parent does", async () => {
    const id = await createByHand(reference, "pr app");
    declare({ pr: { type: "postject:Environment", properties: { servers: { app: {} } } } });
    const { printed } = await run(["up"]);
    const [, command = ""] = /run `pulumi (import [^`]+)`/.exec(printed) ?? [];
    expect(command).toContain("--parent parent=urn:pulumi:dev::test::postject:index:Environment::pr");
    await mustRun([...command.split(" "), "--yes", "--generate-code=false"]);
    await mustRun(["up"]);
    await mustRun(["preview", "--expect-no-changes"]);
    const held = (await resources()).filter((one) => one.id === id);
    expect(held.map(({ urn }) => urn)).toEqual([
      "urn:pulumi:dev::test::postject:index:Environment$postject:index:Server::pr-app",
    ]);
  });
});

test("an unclear create that replaces a resource is resolved by the option `import`", async () => {
  const declare = (name: string, opts?: pulumi.CustomResourceOptions) =>
    inPlugin("app", opts, { name, deletionProtection: false });
  await mustUp(declare("Before"));
  const { id: replaced } = onlyServer(reference);
  // Two new servers of the name: one is somebody else's, and one is ours, of which the response is lost.
  reference.faults.add({ route: "listServers", outcome: { kind: "delay", ms: 2000 } });
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  const lists = () => reference.requests({ route: "listServers" }).length;
  const before = lists();
  const replacing = up(declare("After"));
  while (lists() === before) await new Promise((done) => setTimeout(done, 20));
  reference.seed({ servers: [{ name: "After" }] });
  const { failed, printed } = await replacing;
  expect(failed).toBe(true);
  const [, id = ""] = /set the resource option `import: "(\w+)"` on it/.exec(printed) ?? [];
  expect({ printed, names: namesOf(reference) }).toMatchObject({ names: ["After", "After", "Before"] });
  await mustUp(declare("After", { import: id }));
  expect(reference.servers().map((server) => server.id)).not.toContain(replaced);
  stack.program = declare("After");
  await expectCleanPreview();
});

describe("in the dynamic form", () => {
  test("a server that another resource of the program has, an earlier or a later one, is not adopted, which a preview already says", async () => {
    await mustUp(inDynamicForm("app"));
    const { id } = onlyServer(reference);
    const app = (dependsOn: pulumi.Resource[] = []) =>
      new postject.Server("app", { name: "App" }, { dependsOn });
    const twin = (dependsOn: pulumi.Resource[] = []) =>
      new postject.Server("twin", { name: "App", adopt: id }, { dependsOn });
    for (const [program, problem] of [
      [async () => void app([twin()]), /Another resource of the program .* server \w+/],
      [async () => void twin([app()]), /names a server that another resource of the program has/],
    ] as const) {
      const { failed, printed } = await stack.run("preview", { program });
      expect(failed).toBe(true);
      expect(printed).toMatch(problem);
    }
  });

  test("a protected server that the new resource adopts is let go of by the old one, in that run and in a later one", async () => {
    await mustUp(inDynamicForm("app"));
    const { id } = onlyServer(reference);
    // The old resource is left out of this run.
    const target = ["urn:pulumi:dev::test::pulumi-nodejs:dynamic/postject:Server::mail"];
    await mustUp(inDynamicForm("mail", { adopt: id }), { args: { target } });
    expect(await stack.resources()).toHaveLength(2);
    const later = await mustUp(inDynamicForm("mail"), { env: UNPROTECTED });
    expect(later.printed).toContain("Not deleted: a resource of the program has");
    expect(await idsInState()).toEqual([id]);
    expect(deletes()).toBe(0);
  });
});

test("a response that names a server which was there before is not a creation", async () => {
  const id = await createByHand(reference, "Theirs");
  const [theirs] = reference.servers();
  for (const { Server } of forms) {
    const outcome = respond(200, { ...theirs, name: "App" });
    reference.faults.add({ route: "createServer", commit: false, outcome });
    const { failed, printed } = await up(async () => void new Server("app", { name: "App" }));
    expect(failed).toBe(true);
    expect(printed).toContain(`Postject returned server "App" (${id}), which the account had before`);
    expect(await idsInState()).not.toContain(id);
  }
});
