// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of Pulumi YAML
import { writeFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as postject from "../../sdk";
import { createByHand, namesOf } from "../support/account";
import { useReference, useStack, useWorkspace } from "../support/fixtures";
import { PluginEnvironment } from "../support/forms";
import { useYaml } from "../support/yaml";

const reference = useReference();

const UNPROTECTED = { env: { POSTJECT_DELETION_PROTECTION: "false" } };

const tokenOf = (name: string) => reference.servers().find((server) => server.name === name)?.token;

describe("in a TypeScript program", () => {
  const stack = useStack({ reference });
  const quickstart = useWorkspace("examples/quickstart");

  test("a template becomes servers, each protected as the environment is unless it says otherwise, and an application's variables, tokens secret", async () => {
    const program = async () => {
      const { servers, variables } = new postject.Environment("pr-42", {
        servers: { app: {}, marketing: { name: "Marketing", deletionProtection: true } },
        deletionProtection: false,
      });
      return { id: servers.app.id, variables };
    };
    await stack.mustRun("preview", { program });
    expect(reference.requests()).toEqual([]);
    const { printed } = await stack.mustRun("up");
    expect(namesOf(reference)).toEqual(["pr-42 Marketing", "pr-42 app"]);
    const { id, variables } = await stack.outputs();
    expect(variables).toMatchObject({
      POSTJECT_APP_TOKEN: tokenOf("pr-42 app"),
      POSTJECT_APP_SERVER_ID: id,
      POSTJECT_APP_SERVER_NAME: "pr-42 app",
      POSTJECT_MARKETING_TOKEN: tokenOf("pr-42 Marketing"),
    });
    for (const { token } of reference.servers()) expect(printed + stack.rawState()).not.toContain(token);
    expect((await stack.mustRun("up")).changes).toEqual({ same: 4 });
    const destroy = await stack.run("destroy", { args: { continueOnError: true } });
    expect(destroy.failed).toBe(true);
    expect(destroy.printed).toContain("[deletion-protected]");
    expect(namesOf(reference)).toEqual(["pr-42 Marketing"]);
  });

  test("a wrong template is refused with all its problems, and nothing is created", async () => {
    const args = '{ servers: { app: {}, marketing: {}, third: { name: 7 } }, nameTemplate: "{nobody}" }';
    writeFileSync(
      path.join(quickstart.folder, "index.ts"),
      `import { Environment } from "pulumi-postject"; new Environment("pr", ${args} as any);`,
    );
    await quickstart.mustPulumi(["stack", "init", "dev"]);
    const { exitCode, stdout, stderr } = await quickstart.pulumi(["preview"]);
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toMatch(/`\{nobody\}`.*`\{environment\}`/);
    expect(stdout + stderr).toContain("would share the name");
    expect(stdout + stderr).toContain("`name` of the server `third` must be a string");
    expect(stdout + stderr).toContain("[environment-invalid]");
    expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+/m);
  });

  test("an environment keeps its servers when a program moves to the plugin, which then deletes them", async () => {
    const args = { servers: { app: {} }, deletionProtection: false };
    await stack.mustRun("up", { program: async () => void new postject.Environment("pr", args) });
    const [server] = reference.servers();
    await stack.mustRun("up", { program: async () => void new PluginEnvironment("pr", args) });
    expect(reference.servers()).toEqual([server]);
    await stack.mustRun("destroy");
    expect(reference.servers()).toEqual([]);
  });
});

describe("in YAML, served by the plugin", () => {
  const { declare, run, mustRun, workspace } = useYaml(reference);

  test("it previews, creates its servers with an explicit provider, and gives their tokens as secrets", async () => {
    const other = reference.addAccount();
    const properties = { accessToken: await reference.mintAccessToken(other), deletionProtection: false };
    declare(
      {
        other: { type: "pulumi:providers:postject", properties },
        pr: {
          type: "postject:Environment",
          options: { provider: "${other}" },
          properties: { servers: { app: {}, marketing: { name: "Marketing" } } },
        },
      },
      {
        outputs: {
          token: "${pr.servers.app.token}",
          id: "${pr.servers.app.id}",
          variables: "${pr.variables}",
        },
      },
    );
    await mustRun(["preview"]);
    await mustRun(["up"]);
    expect(reference.servers().map(({ name, accountId }) => [name, accountId])).toEqual(
      expect.arrayContaining([
        ["pr app", other.id],
        ["pr Marketing", other.id],
      ]),
    );
    const outputs = JSON.parse(await workspace.mustPulumi(["stack", "output", "--json", "--show-secrets"]));
    expect(outputs).toMatchObject({
      token: tokenOf("pr app"),
      variables: { POSTJECT_APP_TOKEN: tokenOf("pr app"), POSTJECT_APP_SERVER_ID: outputs.id },
    });
    expect(await workspace.mustPulumi(["stack", "output", "--json"])).not.toContain("pt_live_");
    expect((await mustRun(["up"])).printed).toContain("5 unchanged");
    await mustRun(["destroy"]);
    expect(reference.servers()).toEqual([]);
  });

  test("a server that cannot be created fails the update by name, and its sibling is kept", async () => {
    await createByHand(reference, "pr taken");
    declare(
      { pr: { type: "postject:Environment", properties: { servers: { app: {}, taken: {} } } } },
      { outputs: { variables: "${pr.variables}" } },
    );
    const { failed, printed } = await run(["up", "--continue-on-error"]);
    expect(failed).toBe(true);
    const output = await workspace.mustPulumi(["stack", "output", "variables", "--json", "--show-secrets"]);
    expect(JSON.parse(output)).toMatchObject({ POSTJECT_APP_TOKEN: tokenOf("pr app") });
    expect(printed).toContain("[name-taken]");
    expect(printed).not.toContain("exited prematurely");
    const app = reference.servers().find(({ name }) => name === "pr app");
    expect(await workspace.mustPulumi(["stack", "export"])).toContain(`"id": "${app?.id}"`);
    expect((await run(["up"])).printed).toContain("[name-taken]");
    expect(namesOf(reference)).toEqual(["pr app", "pr taken"]);
  });

  test("all problems of an environment are reported at once, without a stack trace", async () => {
    const servers = { app: { name: 7 }, "a-b": {}, a_b: {}, access: {} };
    declare({ pr: { type: "postject:Environment", properties: { nameTemplate: "{env}", servers } } });
    const { failed, printed } = await run(["up"]);
    expect(failed).toBe(true);
    expect(printed).toMatch(/`\{env\}`.*`\{environment\}`/);
    for (const problem of [
      "`name` of the server `app` must be a string",
      "would share the name",
      "would share the variable",
      "POSTJECT_ACCESS_TOKEN, which configures the provider",
      "[environment-invalid]",
    ])
      expect(printed).toContain(problem);
    expect(printed).not.toMatch(/^\s+at .*:\d+/m);
    const secret = { name: { "fn::secret": "hunter2" } };
    declare({ pr: { type: "postject:Environment", properties: { servers: { a: secret, b: secret } } } });
    const { printed: refused } = await run(["up"]);
    expect(refused).toContain('would share the name "pr [secret]"');
    expect(refused).not.toContain("hunter2");
    expect(reference.requests()).toEqual([]);
  });
});

describe("as a generated SDK declares it, served by the plugin", () => {
  const stack = useStack({ reference });

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
    await stack.mustRun("preview");
    expect(reference.requests()).toEqual([]);
    await stack.mustRun("up");
    expect(namesOf(reference)).toEqual(["First", "pr app", "pr other"]);
    const { urn: first } = await stateOf("first");
    const app = await stateOf("pr-app");
    expect(app).toMatchObject({ inputs: { deletionProtection: false }, dependencies: [first] });
    expect(app).toMatchObject({ propertyDependencies: { deletionProtection: [first] } });
    expect(await stateOf("pr-other")).not.toHaveProperty("dependencies");
    const ids = Object.fromEntries(reference.servers().map(({ name, id }) => [name, id]));
    expect(await stack.outputs()).toMatchObject({ created: { app: { id: ids["pr app"], name: "pr app" } } });
    expect((await stack.mustRun("up")).changes).toEqual({ same: 5 });
    await stack.mustRun("destroy", UNPROTECTED);
    expect(reference.servers()).toEqual([]);
  });

  test("a secret input stays one: in the servers, their state and the component's outputs", async () => {
    stack.program = async () => {
      const nameTemplate = pulumi.secret("hush {server}");
      const servers = { app: { allowDuplicateName: pulumi.secret(true) } };
      const { variables } = new PluginEnvironment("pr", { servers, nameTemplate });
      return { variables };
    };
    await stack.mustRun("preview");
    const { printed } = await stack.mustRun("up");
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
    await stack.mustRun("up");
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
    await stack.mustRun("up");
    const [server] = reference.servers();
    stack.program = async () => void new PluginEnvironment("new", args, { aliases: [{ name: "old" }] });
    await stack.mustRun("up");
    expect(reference.servers()).toEqual([server]);
  });
});
