import { writeFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as postject from "../../sdk";
import { ROOT } from "../../tools/root";
import { createByHand, namesOf } from "../support/account";
import { useReference, useStack, useWorkspace } from "../support/fixtures";

const reference = useReference();

const tokenOf = (name: string) => reference.servers().find((server) => server.name === name)?.token;

describe("in a TypeScript program", () => {
  const stack = useStack({ reference });
  const quickstart = useWorkspace("examples/quickstart");

  const declare = (args: postject.EnvironmentArgs<"app" | "marketing">) => async () => {
    const { servers, variables } = new postject.Environment("pr-42", args);
    return { id: servers.app.id, variables };
  };

  test("a template becomes servers and the variables of an application, tokens secret", async () => {
    stack.program = declare({ servers: { app: {}, marketing: { name: "Marketing" } } });
    expect((await stack.run("preview")).failed).toBe(false);
    expect(reference.requests()).toEqual([]);
    const { printed } = await stack.run("up");
    expect(namesOf(reference)).toEqual(["pr-42 Marketing", "pr-42 app"]);
    const { id, variables } = await stack.outputs();
    expect(variables).toMatchObject({
      POSTJECT_APP_TOKEN: tokenOf("pr-42 app"),
      POSTJECT_APP_SERVER_ID: id,
      POSTJECT_APP_SERVER_NAME: "pr-42 app",
      POSTJECT_MARKETING_TOKEN: tokenOf("pr-42 Marketing"),
    });
    for (const { token } of reference.servers()) expect(printed + stack.rawState()).not.toContain(token);
    expect((await stack.run("up")).changes).toEqual({ same: 4 });
  });

  test("the environment's protection holds for each server that does not say otherwise", async () => {
    stack.program = declare({
      servers: { app: {}, marketing: { deletionProtection: true } },
      deletionProtection: false,
    });
    await stack.run("up");
    const { failed, printed } = await stack.run("destroy");
    expect(failed).toBe(true);
    expect(printed).toContain("[deletion-protected]");
    expect(namesOf(reference)).toEqual(["pr-42 marketing"]);
  });

  test("a wrong template is refused by every problem, and nothing is created", async () => {
    const args = '{ servers: { app: {}, marketing: {}, third: { name: 7 } }, nameTemplate: "{nobody}" }';
    writeFileSync(
      path.join(quickstart.folder, "index.ts"),
      `import { Environment } from "pulumi-postject"; new Environment("pr", ${args} as any);`,
    );
    await quickstart.pulumi(["stack", "init", "dev"]);
    const { exitCode, stdout, stderr } = await quickstart.pulumi(["preview"]);
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain("expected one of: `{environment}`");
    expect(stdout + stderr).toContain("would share the name");
    expect(stdout + stderr).toContain("`name` of the server `third` must be a string");
    expect(stdout + stderr).toContain("[environment-invalid]");
    expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+/m);
  });

  test("an environment keeps its servers when a program moves to the plugin", async () => {
    stack.program = async () =>
      void new postject.Environment("pr", { servers: { app: {} }, deletionProtection: false });
    await stack.run("up");
    const [server] = reference.servers();
    stack.program = async () => {
      // What a generated SDK does for a component that a plugin serves.
      class PluginEnvironment extends pulumi.ComponentResource {}
      const args = { servers: { app: {} }, deletionProtection: false };
      new PluginEnvironment("postject:index:Environment", "pr", { ...args, variables: undefined }, {}, true);
    };
    const { failed, printed } = await stack.run("up");
    expect({ failed, printed }).toMatchObject({ failed: false });
    expect(reference.servers()).toEqual([server]);
  });
});

describe("in YAML, served by the plugin", () => {
  const workspace = useWorkspace("examples/yaml", { reference });

  const write = async (resources: object, outputs: object = {}) => {
    writeFileSync(
      path.join(workspace.folder, "Pulumi.yaml"),
      JSON.stringify({
        name: "test",
        runtime: "yaml",
        plugins: { providers: [{ name: "postject", path: ROOT }] },
        resources,
        outputs,
      }),
    );
    await workspace.pulumi(["stack", "init", "dev"]);
  };

  const up = async (args: string[] = []) => {
    const { exitCode, stdout, stderr } = await workspace.pulumi(["up", "--yes", "--skip-preview", ...args]);
    return { exitCode, printed: stdout + stderr };
  };

  test("it previews, creates its servers with an explicit provider, and gives their tokens as secrets", async () => {
    const other = reference.addAccount();
    const properties = { accessToken: await reference.mintAccessToken(other), deletionProtection: false };
    await write(
      {
        other: { type: "pulumi:providers:postject", properties },
        pr: {
          type: "postject:Environment",
          // biome-ignore lint/suspicious/noTemplateCurlyInString: YAML's own interpolation
          options: { provider: "${other}" },
          properties: { servers: { app: {}, marketing: { name: "Marketing" } } },
        },
      },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: YAML's own interpolation
      { token: "${pr.servers.app.token}", id: "${pr.servers.app.id}", variables: "${pr.variables}" },
    );
    expect((await workspace.pulumi(["preview"])).exitCode).toBe(0);
    const { exitCode, printed } = await up();
    expect({ exitCode, printed }).toMatchObject({ exitCode: 0 });
    expect(reference.servers().map(({ name, accountId }) => [name, accountId])).toEqual(
      expect.arrayContaining([
        ["pr app", other.id],
        ["pr Marketing", other.id],
      ]),
    );
    const outputs = JSON.parse(
      (await workspace.pulumi(["stack", "output", "--json", "--show-secrets"])).stdout,
    );
    expect(outputs).toMatchObject({
      token: tokenOf("pr app"),
      variables: { POSTJECT_APP_TOKEN: tokenOf("pr app"), POSTJECT_APP_SERVER_ID: outputs.id },
    });
    expect((await workspace.pulumi(["stack", "output", "--json"])).stdout).not.toContain("pt_live_");
    expect((await up()).printed).toContain("5 unchanged");
    expect((await workspace.pulumi(["destroy", "--yes", "--skip-preview"])).exitCode).toBe(0);
    expect(reference.servers()).toEqual([]);
  });

  test("a server that cannot be created fails the update by name, and its sibling is kept", async () => {
    await createByHand(reference, "pr taken");
    await write({ pr: { type: "postject:Environment", properties: { servers: { app: {}, taken: {} } } } });
    const { exitCode, printed } = await up(["--continue-on-error"]);
    expect(exitCode).not.toBe(0);
    expect(printed).toContain("[name-taken]");
    expect(printed).not.toContain("exited prematurely");
    const { stdout } = await workspace.pulumi(["stack", "export"]);
    const app = reference.servers().find(({ name }) => name === "pr app");
    expect(stdout).toContain(`"id": "${app?.id}"`);
    expect((await up()).printed).toContain("[name-taken]");
    expect(namesOf(reference)).toEqual(["pr app", "pr taken"]);
  });

  test("every problem of an environment is told at once", async () => {
    const servers = { app: { name: 7 }, "a-b": {}, a_b: {}, access: {} };
    await write({ pr: { type: "postject:Environment", properties: { nameTemplate: "{env}", servers } } });
    const { exitCode, printed } = await up();
    expect(exitCode).not.toBe(0);
    for (const problem of [
      "the name template has `{env}`",
      "`name` of the server `app` must be a string",
      "would share the name",
      "would share the variable",
      "POSTJECT_ACCESS_TOKEN, which configures the provider",
      "[environment-invalid]",
    ])
      expect(printed).toContain(problem);
    expect(reference.requests()).toEqual([]);
  });

  test.each<[string, object, string]>([
    ["a wrong template", { nameTemplate: "{env}", servers: { app: {} } }, "expected one of: `{environment}`"],
    [
      "a name of the wrong type",
      { servers: { app: { name: 7 } } },
      "`name` of the server `app` must be a string",
    ],
  ])("%s is refused by name, without a stack trace", async (_, properties, problem) => {
    await write({ pr: { type: "postject:Environment", properties } });
    const { exitCode, printed } = await up();
    expect(exitCode).not.toBe(0);
    expect(printed).toContain(problem);
    expect(printed).not.toMatch(/^\s+at .*:\d+/m);
    expect(reference.requests()).toEqual([]);
  });
});

describe("as a generated SDK declares it, served by the plugin", () => {
  class PluginEnvironment extends pulumi.ComponentResource {
    declare readonly servers: pulumi.Output<Record<string, postject.ServerSummary>>;
    declare readonly variables: pulumi.Output<Record<string, string>>;

    constructor(name: string, args: pulumi.Inputs, opts: pulumi.ComponentResourceOptions = {}) {
      super(
        "postject:index:Environment",
        name,
        { ...args, servers: args.servers, variables: undefined },
        opts,
        true,
      );
    }
  }

  const stack = useStack({ reference });

  const run = async (operation: "preview" | "up" | "destroy") => {
    const { failed, printed } = await stack.run(operation, {
      env: { POSTJECT_DELETION_PROTECTION: "false" },
    });
    expect({ failed, printed: failed ? printed : "" }).toEqual({ failed: false, printed: "" });
    return printed;
  };

  const stateOf = async (name: string) => {
    const found = (await stack.resources()).find(({ urn }) => urn.endsWith(`::${name}`));
    return found as unknown as Record<string, unknown> & { urn: string };
  };

  test("an input that names nothing may be unknown in a preview, and its resource is a dependency", async () => {
    stack.program = async () => {
      const first = new postject.Server("first", { name: "First" });
      const deletionProtection = first.id.apply((id) => id === "");
      const servers = { app: { deletionProtection }, other: {} };
      const { servers: created } = new PluginEnvironment("pr", { servers });
      return { created };
    };
    await run("preview");
    expect(reference.requests()).toEqual([]);
    await run("up");
    expect(namesOf(reference)).toEqual(["First", "pr app", "pr other"]);
    const { urn: first } = await stateOf("first");
    const app = await stateOf("pr-app");
    expect(app).toMatchObject({ inputs: { deletionProtection: false }, dependencies: [first] });
    expect(app).toMatchObject({ propertyDependencies: { deletionProtection: [first] } });
    expect(await stateOf("pr-other")).not.toHaveProperty("dependencies");
    const ids = Object.fromEntries(reference.servers().map(({ name, id }) => [name, id]));
    expect(await stack.outputs()).toMatchObject({ created: { app: { id: ids["pr app"], name: "pr app" } } });
    expect((await stack.run("up")).changes).toEqual({ same: 5 });
    await run("destroy");
    expect(reference.servers()).toEqual([]);
  });

  test("a secret input stays one: in the servers, their state and the component's outputs", async () => {
    stack.program = async () => {
      const nameTemplate = pulumi.secret("hush {server}");
      const servers = { app: { allowDuplicateName: pulumi.secret(true) } };
      const { variables } = new PluginEnvironment("pr", { servers, nameTemplate });
      return { variables };
    };
    await run("preview");
    const printed = await run("up");
    expect(namesOf(reference)).toEqual(["hush app"]);
    expect(printed + stack.rawState()).not.toMatch(/hush|pt_live_/);
    expect(await stateOf("pr-app")).toMatchObject({
      inputs: {
        name: { plaintext: '"hush app"' },
        allowDuplicateName: { plaintext: "true" },
      },
    });
    expect(await stack.outputs()).toEqual({
      variables: {
        POSTJECT_APP_TOKEN: tokenOf("hush app"),
        POSTJECT_APP_SERVER_ID: reference.servers()[0]?.id,
        POSTJECT_APP_SERVER_NAME: "hush app",
      },
    });
  });

  test("resource options reach the component, and its servers as far as they inherit them", async () => {
    const ran: string[] = [];
    stack.program = async () => {
      const hook = new pulumi.ResourceHook("noted", async ({ name }) => void ran.push(name));
      const before = new postject.Server("before", { name: "Before" });
      const parent = new pulumi.ComponentResource("test:index:Team", "team");
      new PluginEnvironment(
        "pr",
        { servers: { app: {} } },
        {
          parent,
          dependsOn: before,
          protect: true,
          retainOnDelete: true,
          deletedWith: before,
          customTimeouts: { create: "7m" },
          aliases: [{ name: "older" }],
          hooks: { afterCreate: [hook] },
        },
      );
    };
    await run("up");
    const before = await stateOf("before");
    const component = await stateOf("pr");
    expect(component).toMatchObject({
      parent: expect.stringContaining("test:index:Team::team"),
      dependencies: [before.urn],
      protect: true,
      retainOnDelete: true,
      deletedWith: before.urn,
      customTimeouts: { create: 420 },
      resourceHooks: { AfterCreate: ["noted"] },
    });
    expect(ran).toEqual(["pr"]);
    expect(await stateOf("pr-app")).toMatchObject({
      parent: component.urn,
      protect: true,
      additionalSecretOutputs: ["token"],
    });
  });

  test("a component that is renamed with an alias keeps its servers", async () => {
    const args = { servers: { app: {} }, nameTemplate: "{server}" };
    stack.program = async () => void new PluginEnvironment("old", args);
    await run("up");
    const [server] = reference.servers();
    stack.program = async () => void new PluginEnvironment("new", args, { aliases: [{ name: "old" }] });
    await run("up");
    expect(reference.servers()).toEqual([server]);
  });
});
