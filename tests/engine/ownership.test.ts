import { writeFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Reference, startReference } from "../../provider/reference";
import * as postject from "../../sdk";
import { createWorkspace } from "../../tools/workspace";
import { createByHand, namesOf, onlyServer } from "../support/account";
import { PluginServer } from "../support/forms";
import { createTestStack, type Run, type TestStack } from "../support/stack";

// One server belongs to one resource. What an error advises is followed to a clean preview, as a user would.

let reference: Reference;
let stack: TestStack;

const UNPROTECTED = { POSTJECT_DELETION_PROTECTION: "false" };

beforeEach(async () => {
  reference = await startReference();
  stack = await createTestStack({ reference, program: async () => {} });
});

afterEach(async () => {
  stack.remove();
  await reference.stop();
});

const deletes = () => reference.requests({ method: "DELETE" }).length;

const up = (program: pulumi.automation.PulumiFn, env: Record<string, string> = {}): Promise<Run> => {
  stack.program = program;
  return stack.run("up", { env });
};

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
  const { failed, printed, changes } = await stack.run("preview");
  expect({ failed, printed, changes }).toMatchObject({ failed: false });
  expect(Object.keys(changes)).toEqual(["same"]);
}

test("a resource renamed without an alias is told of aliases first; after the import neither removal nor destroy doubles a delete", async () => {
  await up(async () => void new PluginServer("app", { name: "App" }));
  const { id } = onlyServer(reference);
  const renamed = async () => void new PluginServer("my mail", { name: "App" });
  const taken = await up(renamed);
  expect(taken.printed).toMatch(/aliases.*pulumi state rename[\s\S]*pulumi import/);
  expect(taken.printed).not.toContain("never recorded");
  expect(await follow(taken)).toContain("'my mail'");
  const removed = await up(renamed);
  expect(removed).toMatchObject({ failed: false });
  expect(removed.printed).toContain(
    `warning: Not deleted: another resource of the program has server "App" (${id})`,
  );
  expect(deletes()).toBe(0);
  await expectCleanPreview();
  expect(await stack.run("destroy", { env: UNPROTECTED })).toMatchObject({ failed: false });
  expect(deletes()).toBe(1);
  expect(reference.servers()).toEqual([]);
});

test("with --refresh an alias is no second resource, and the advised import works as well", async () => {
  await up(async () => void new PluginServer("app", { name: "App", deletionProtection: false }));
  const { id } = onlyServer(reference);
  const refresh = { args: { refresh: true } };
  stack.program = async () =>
    void new PluginServer("mail", { name: "App", deletionProtection: false }, { aliases: [{ name: "app" }] });
  const renamed = await stack.run("up", refresh);
  expect(renamed).toMatchObject({ failed: false, changes: { same: 2 } });
  expect(renamed.printed).not.toContain("warning");
  stack.program = async () =>
    void new PluginServer("post", { name: "App", deletionProtection: false }, { import: id });
  const imported = await stack.run("up", refresh);
  expect({ ...imported, printed: imported.failed ? imported.printed : "" }).toMatchObject({
    failed: false,
    printed: "",
  });
  expect(deletes()).toBe(0);
  expect((await stack.resources()).map((one) => one.id)).toEqual([id]);
  // A replacement in a run with a refresh deletes what it replaces.
  stack.program = async () =>
    void new PluginServer(
      "final",
      { name: "Renamed", deletionProtection: false },
      { aliases: [{ name: "post" }] },
    );
  expect(await stack.run("up", refresh)).toMatchObject({ failed: false, changes: { replace: 1 } });
  expect(namesOf(reference)).toEqual(["Renamed"]);
});

test("two resources that have one server are warned of, and leave together with one delete", async () => {
  await up(async () => void new PluginServer("app", { name: "App" }));
  const { id } = onlyServer(reference);
  await stack.pulumi([
    "import",
    "postject:index:Server",
    "twin",
    id,
    "--yes",
    "--generate-code=false",
    "--protect=false",
  ]);
  const both = async () => {
    new PluginServer("app", { name: "App" });
    new PluginServer("twin", { name: "App" });
  };
  expect((await up(both)).printed).toContain(
    `warning: Two resources of the program have server "App" (${id})`,
  );
  expect(await stack.run("destroy", { env: UNPROTECTED, args: { refresh: true } })).toMatchObject({
    failed: false,
  });
  expect(deletes()).toBe(1);
  expect(reference.servers()).toEqual([]);
});

test("the import option is refused for a server that an earlier resource of the program has", async () => {
  await up(async () => void new PluginServer("app", { name: "App" }));
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
  const other = reference.addAccount();
  const token = await reference.mintAccessToken(other);
  await stack.stack.setConfig("otherToken", { value: token, secret: true });
  const program = async () => {
    const provider = new PostjectProvider("eu", {
      accessToken: new pulumi.Config().requireSecret("otherToken"),
      endpoint: reference.url,
    });
    new PluginServer("app", { name: "App" }, { provider });
  };
  await createByHand(reference, "App", token);
  const taken = await up(program);
  expect(await follow(taken)).toMatch(
    /--provider 'provider=urn:pulumi:.*::eu'|--provider provider=urn:pulumi:.*::eu/,
  );
  expect(await up(program)).toMatchObject({ failed: false });
  await expectCleanPreview();
});

class PostjectProvider extends pulumi.ProviderResource {
  constructor(name: string, args: pulumi.Inputs) {
    super("postject", name, args);
  }
}

class Mail extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.CustomResourceOptions = {}) {
    super("acme:index:Mail", name);
    new PluginServer(`${name}-app`, { name: "App" }, { ...opts, parent: this });
  }
}

test("inside a component of the program the option `import` takes the server over in its place", async () => {
  const id = await createByHand(reference, "App");
  const taken = await up(async () => void new Mail("mail"));
  expect(taken.printed).toContain(`set the resource option \`import: "${id}"\` on it`);
  expect(await up(async () => void new Mail("mail", { import: id }))).toMatchObject({ failed: false });
  expect(await up(async () => void new Mail("mail"))).toMatchObject({ failed: false });
  await expectCleanPreview();
  expect((await stack.resources()).find((one) => one.id === id)?.urn).toContain("Mail$postject");
});

test("inside the plugin's Environment an import line with the parent does", async () => {
  const id = await createByHand(reference, "pr app");
  const workspace = createWorkspace({
    example: "examples/yaml",
    engine: [],
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  writeFileSync(
    path.join(workspace.folder, "Pulumi.yaml"),
    `name: environment
runtime: yaml
plugins: { providers: [{ name: postject, path: node_modules/pulumi-postject }] }
resources:
  pr: { type: postject:Environment, properties: { servers: { app: {} } } }
`,
  );
  try {
    await workspace.pulumi(["stack", "init", "dev"]);
    const { stdout } = await workspace.pulumi(["up", "--yes"]);
    const [, command = ""] = /run `pulumi (import [^`]+)`/.exec(stdout) ?? [];
    expect(command).toContain("--parent parent=urn:pulumi:dev::environment::postject:index:Environment::pr");
    for (const args of [
      [...command.split(" "), "--yes", "--generate-code=false"],
      ["up", "--yes"],
      ["preview", "--expect-no-changes"],
    ]) {
      const run = await workspace.pulumi(args);
      expect({ args, ...run }).toMatchObject({ exitCode: 0 });
    }
    const { deployment } = JSON.parse((await workspace.pulumi(["stack", "export"])).stdout);
    const held = (deployment.resources as { urn: string; id?: string }[]).filter((one) => one.id === id);
    expect(held.map(({ urn }) => urn)).toEqual([
      "urn:pulumi:dev::environment::postject:index:Environment$postject:index:Server::pr-app",
    ]);
  } finally {
    workspace.remove();
  }
});

test("an unclear create that replaces a resource is resolved by the option `import`", async () => {
  const declare =
    (name: string, opts: pulumi.CustomResourceOptions = {}) =>
    async () =>
      void new PluginServer("app", { name, deletionProtection: false }, opts);
  await up(declare("Before"));
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
  expect(await up(declare("After", { import: id }))).toMatchObject({ failed: false });
  expect(reference.servers().map((server) => server.id)).not.toContain(replaced);
  stack.program = declare("After");
  await expectCleanPreview();
});

describe("in the dynamic form", () => {
  test("a server that a later resource has is not adopted, which a preview already says", async () => {
    await up(async () => void new postject.Server("app", { name: "App" }));
    const { id } = onlyServer(reference);
    stack.program = async () => {
      const twin = new postject.Server("twin", { name: "App", adopt: id });
      new postject.Server("app", { name: "App" }, { dependsOn: [twin] });
    };
    const { failed, printed } = await stack.run("preview");
    expect(failed).toBe(true);
    expect(printed).toContain(`Another resource of the program is about to adopt or import server ${id}`);
  });

  test("nor one that an earlier resource has", async () => {
    await up(async () => void new postject.Server("app", { name: "App" }));
    const { id } = onlyServer(reference);
    stack.program = async () => {
      const app = new postject.Server("app", { name: "App" });
      new postject.Server("twin", { name: "App", adopt: id }, { dependsOn: [app] });
    };
    expect((await stack.run("preview")).printed).toContain(
      "names a server that another resource of the program has",
    );
  });

  test("a protected server that the new resource adopts is let go of by the old one, in that run and in a later one", async () => {
    await up(async () => void new postject.Server("app", { name: "App" }));
    const { id } = onlyServer(reference);
    const adopting = async () => void new postject.Server("mail", { name: "App", adopt: id });
    // The old resource is left out of this run.
    const target = `urn:pulumi:dev::test::pulumi-nodejs:dynamic/postject:Server::mail`;
    stack.program = adopting;
    expect(await stack.run("up", { args: { target: [target] } })).toMatchObject({ failed: false });
    expect(await stack.resources()).toHaveLength(2);
    const later = await up(async () => void new postject.Server("mail", { name: "App" }), UNPROTECTED);
    expect(later).toMatchObject({ failed: false });
    expect(later.printed).toContain("Not deleted: another resource of the program has");
    expect((await stack.resources()).map((one) => one.id)).toEqual([id]);
    expect(deletes()).toBe(0);
  });

  test("a replacement still deletes the server that it replaces", async () => {
    const declare = (name: string) => async () =>
      void new postject.Server("app", { name, deletionProtection: false });
    await up(declare("Before"));
    expect(await up(declare("After"))).toMatchObject({ failed: false, changes: { replace: 1 } });
    expect(namesOf(reference)).toEqual(["After"]);
  });
});

test("a response that names a server which was there before is no creation", async () => {
  const id = await createByHand(reference, "Theirs");
  const [theirs] = reference.servers();
  for (const Server of [postject.Server, PluginServer]) {
    reference.faults.add({
      route: "createServer",
      commit: false,
      outcome: { kind: "response", status: 200, body: { ...theirs, name: "App" } },
    });
    const { failed, printed } = await up(async () => void new Server("app", { name: "App" }));
    expect(failed).toBe(true);
    expect(printed).toContain(`Postject returned server "App" (${id}), which the account had before`);
    expect((await stack.resources()).map((one) => one.id)).not.toContain(id);
  }
});
