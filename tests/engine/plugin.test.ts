// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of Pulumi YAML
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Account, type Reference, startReference } from "../../provider/reference";
import { ROOT } from "../../tools/root";
import { createWorkspace, type Workspace } from "../../tools/workspace";
import { createByHand, onlyServer, requestsOf } from "../support/account";

/** By its link in the program's folder: `pulumi do` splits a path at blanks, and a checkout may have some. */
const plugin = () => path.join(workspace.folder, "node_modules/pulumi-postject/pulumi-resource-postject");
const UNPROTECTED = { POSTJECT_DELETION_PROTECTION: "false" };

let reference: Reference;
let workspace: Workspace;

beforeEach(async () => {
  reference = await startReference();
  workspace = createWorkspace({
    example: "examples/yaml",
    engine: [],
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  await pulumi(["stack", "init", "dev"]);
});

afterEach(async () => {
  workspace.remove();
  await reference.stop();
});

interface Printed {
  readonly failed: boolean;
  readonly printed: string;
  readonly stdout: string;
}

async function pulumi(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Printed> {
  const isRun = ["preview", "up", "refresh", "destroy"].includes(args[0] ?? "");
  const more = isRun
    ? ["--suppress-progress", ...(args[0] === "preview" ? [] : ["--yes", "--skip-preview"])]
    : [];
  const { exitCode, stdout, stderr } = await workspace.pulumi([...args, ...more], env);
  return { failed: exitCode !== 0, printed: stdout + stderr, stdout };
}

/** Replaces the program by these resources, in YAML. */
function declare(resources: string, rest = ""): void {
  const plugins = `plugins:\n  providers:\n    - name: postject\n      path: ${ROOT}\n`;
  writeFileSync(
    path.join(workspace.folder, "Pulumi.yaml"),
    `name: postject-yaml\nruntime: yaml\n${plugins}resources:\n${resources}\n${rest}\n`,
  );
}

const server = (properties: string, options = "") =>
  `  app:\n    type: postject:Server\n    properties: { ${properties} }\n${options}`;

async function state(): Promise<
  { type: string; id: string; inputs: object; outputs: Record<string, unknown> }[]
> {
  return JSON.parse((await pulumi(["stack", "export"])).stdout).deployment.resources;
}

const serversInState = async () => (await state()).filter(({ type }) => type === "postject:index:Server");

test("a YAML program goes through preview, up, no-op, refresh and destroy with the requests that each needs", async () => {
  declare(server("name: App"));
  expect(await requestsOf(reference, () => pulumi(["preview"]))).toEqual([]);
  expect(await requestsOf(reference, () => pulumi(["up"]))).toEqual(["GET /v1/servers", "POST /v1/servers"]);
  const { id } = onlyServer(reference);
  expect(await requestsOf(reference, () => pulumi(["preview", "--expect-no-changes"]))).toEqual([]);
  expect(await requestsOf(reference, () => pulumi(["up", "--expect-no-changes"]))).toEqual([]);
  expect(await requestsOf(reference, () => pulumi(["refresh", "--expect-no-changes"]))).toEqual([
    `GET /v1/servers/${id}`,
  ]);
  expect(await requestsOf(reference, () => pulumi(["destroy"], UNPROTECTED))).toEqual([
    `DELETE /v1/servers/${id}`,
  ]);
  expect(reference.servers()).toEqual([]);
});

test("the preview of a rename shows the name alone, as a replacement", async () => {
  declare(server("name: App, deletionProtection: false"));
  await pulumi(["up"]);
  declare(server("name: Renamed, deletionProtection: false"));
  const { printed } = await pulumi(["preview", "--diff"]);
  expect(printed).toMatch(/~ name\s*: "App" => "Renamed"/);
  expect(printed).not.toContain("token");
  expect((await pulumi(["up"])).failed).toBe(false);
  expect(onlyServer(reference).name).toBe("Renamed");
});

test("a rename outside Pulumi shows as drift", async () => {
  declare(server("name: App"));
  await pulumi(["up"]);
  reference.rename(onlyServer(reference).id, "Renamed");
  const drift = await pulumi(["refresh", "--expect-no-changes"]);
  expect(drift.failed).toBe(true);
  expect(drift.printed).toContain("[diff: ~name]");
});

test("the engine's own protection refuses a destroy at preview", async () => {
  declare(server("name: App", "    options: { protect: true }\n"));
  await pulumi(["up"]);
  const { failed, printed } = await pulumi(["destroy"], UNPROTECTED);
  expect(failed).toBe(true);
  expect(printed).toContain("protected");
  expect(onlyServer(reference).name).toBe("App");
});

test("a replacement that is not a rename, of a protected server, is refused at preview", async () => {
  declare(server("name: App"));
  await pulumi(["up"]);
  const options = "    options: { replaceOnChanges: [allowDuplicateName] }\n";
  declare(server("name: App, allowDuplicateName: true", options));
  const sent = await requestsOf(reference, async () => {
    const { failed, printed } = await pulumi(["preview"]);
    expect(failed).toBe(true);
    expect(printed).toContain("This run would delete it");
  });
  expect(sent).toEqual([]);
});

test("a forced replacement, of which the provider is not told before, stops before it creates anything", async () => {
  declare(server("name: App"));
  await pulumi(["up"]);
  const urn = "urn:pulumi:dev::postject-yaml::postject:index:Server::app";
  expect((await pulumi(["up", "--replace", urn])).printed).toContain("[name-taken]");
  expect(onlyServer(reference).name).toBe("App");
});

test("an imported server has its token as a secret, and the next preview is clean", async () => {
  declare(server("name: App"));
  await createByHand(reference, "App");
  const { id, token } = onlyServer(reference);
  const imported = await pulumi(["import", "postject:index:Server", "app", id, "--yes", "--protect=false"]);
  expect(imported.failed).toBe(false);
  expect(imported.printed).toContain("name: App");
  expect(imported.printed + JSON.stringify(await state())).not.toContain(token);
  expect(await serversInState()).toMatchObject([
    { id, outputs: { name: "App", token: { ciphertext: expect.any(String) } } },
  ]);
  expect((await pulumi(["preview", "--expect-no-changes"])).failed).toBe(false);
  expect(reference.requests({ method: "POST" })).toHaveLength(1);
  expect((await pulumi(["destroy"])).printed).toContain("[deletion-protected]");
});

test("an id that nobody has, and one of another account, do not exist for an import", async () => {
  declare(server("name: App"));
  await pulumi(["up"]);
  const stranger = await reference.mintAccessToken(reference.addAccount());
  for (const [id, env] of [
    ["clxnope", {}],
    [onlyServer(reference).id, { POSTJECT_ACCESS_TOKEN: stranger }],
  ] as const) {
    const { failed, printed } = await pulumi(["import", "postject:index:Server", "other", id, "--yes"], env);
    expect(failed).toBe(true);
    expect(printed).toContain(`resource '${id}' does not exist`);
  }
});

test("the import option takes a server over", async () => {
  declare(server("name: App"));
  await pulumi(["up"]);
  const { id } = onlyServer(reference);
  await pulumi(["state", "delete", "urn:pulumi:dev::postject-yaml::postject:index:Server::app", "--yes"]);
  const taken = await pulumi(["up"]);
  expect(taken.printed).toContain(`pulumi import postject:index:Server app ${id}`);
  declare(server("name: App", `    options: { import: ${id} }\n`));
  expect((await pulumi(["up"])).failed).toBe(false);
  expect(await serversInState()).toMatchObject([{ id }]);
  expect(reference.requests({ method: "POST" })).toHaveLength(1);
});

test("explicit providers work side by side, each in its account, and lookups use them", async () => {
  const other: Account = reference.addAccount();
  const provider = (name: string, token: string) =>
    `  ${name}:\n    type: pulumi:providers:postject\n    properties: { endpoint: "${reference.url}", accessToken: { fn::secret: "${token}" } }\n`;
  const otherToken = await reference.mintAccessToken(other);
  declare(
    `${provider("one", reference.accessToken)}${provider("two", otherToken)}` +
      '  a:\n    type: postject:Server\n    properties: { name: Same }\n    options: { provider: "${one}" }\n' +
      '  b:\n    type: postject:Server\n    properties: { name: Same }\n    options: { provider: "${two}" }\n',
    'outputs:\n  found:\n    fn::invoke:\n      function: postject:getServer\n      arguments: { id: "${b.id}" }\n      options: { provider: "${two}" }\n',
  );
  const up = await pulumi(["up"], { POSTJECT_ACCESS_TOKEN: "" });
  expect(up.failed ? up.printed : "").toBe("");
  expect(
    reference
      .servers()
      .map(({ accountId }) => accountId)
      .toSorted(),
  ).toEqual([reference.account.id, other.id].toSorted());
  const printed = JSON.stringify(await state());
  for (const secret of [
    reference.accessToken,
    otherToken,
    ...reference.servers().map(({ token }) => token),
  ]) {
    expect(printed).not.toContain(secret);
  }
  expect((await pulumi(["destroy"], { ...UNPROTECTED, POSTJECT_ACCESS_TOKEN: "" })).failed).toBe(false);
  expect(reference.servers()).toEqual([]);
});

test("an explicit provider that is called like a default one keeps its own account and protection", async () => {
  const other = reference.addAccount();
  const token = await reference.mintAccessToken(other);
  declare(
    "  default_prod:\n    type: pulumi:providers:postject\n" +
      `    properties: { accessToken: { fn::secret: "${token}" }, deletionProtection: true }\n` +
      server("name: App", '    options: { provider: "${default_prod}" }\n'),
  );
  const env = { POSTJECT_ACCESS_TOKEN: "" };
  await pulumi(["config", "set", "--secret", "postject:accessToken", reference.accessToken]);
  await pulumi(["config", "set", "postject:deletionProtection", "false"]);
  expect((await pulumi(["up"], env)).failed).toBe(false);
  expect(onlyServer(reference).accountId).toBe(other.id);
  expect((await pulumi(["refresh"], env)).failed).toBe(false);
  expect((await pulumi(["destroy"], env)).printed).toContain("[deletion-protected]");
  expect(reference.servers()).toHaveLength(1);
  expect((await pulumi(["destroy"], { ...env, ...UNPROTECTED })).failed).toBe(false);
});

test("a lookup that finds nothing says so", async () => {
  declare(
    "  x: { type: postject:Server, properties: { name: App } }",
    "variables:\n  v:\n    fn::invoke:\n      function: postject:getServer\n      arguments: { name: Nobody }\n",
  );
  expect((await pulumi(["preview"])).printed).toContain('The account has no server named "Nobody"');
});

test.each([
  ["without a configuration", undefined, /^app-[0-9a-f]{7}$/],
  ["verbatim", "{ mode: verbatim }", /^app$/],
  ["by a pattern", "{ pattern: 'x-${name}-${hex(4)}' }", /^x-app-[0-9a-f]{4}$/],
  ["by an enforced pattern", "{ pattern: 'y-${name}', enforce: true }", /^y-app$/],
])("a server without a name is named %s, and keeps its name", async (_, autonaming, expected) => {
  declare(
    "  app: { type: postject:Server }",
    autonaming ? `config:\n  pulumi:autonaming:\n    value: ${autonaming}` : "",
  );
  const { printed } = await pulumi(["up"]);
  expect({ names: reference.servers().map(({ name }) => name), printed }).toMatchObject({
    names: [expect.stringMatching(expected)],
  });
  declare("  app: { type: postject:Server }");
  expect((await pulumi(["preview", "--expect-no-changes"])).failed).toBe(false);
});

test("a server without a name is refused where auto-naming is disabled", async () => {
  declare("  app: { type: postject:Server }", "config:\n  pulumi:autonaming:\n    value: { mode: disabled }");
  const { printed } = await pulumi(["preview"]);
  expect(printed).toContain("auto-naming is disabled");
});

test("a configured plan makes the preview warn before its limit is hit, with one list", async () => {
  declare("  a: { type: postject:Server }\n  b: { type: postject:Server }", "config:\n  postject:plan: free");
  const sent = await requestsOf(reference, async () => {
    const { failed, printed } = await pulumi(["preview"]);
    expect(failed).toBe(false);
    expect(printed).toContain(
      "warning: The Free plan allows 1 server, and 0 exist. This run creates at least 2 more",
    );
  });
  expect(sent).toEqual(["GET /v1/servers"]);
});

test("on a full plan a replacement is only noted: whether it deletes first is not told in a preview", async () => {
  const full = (name: string) =>
    declare(
      server(`name: ${name}, deletionProtection: false`, "    options: { deleteBeforeReplace: true }\n"),
      "config:\n  postject:plan: free",
    );
  full("App");
  await pulumi(["up"]);
  full("Renamed");
  const { failed, printed } = await pulumi(["preview"]);
  expect({ failed, printed }).toMatchObject({ failed: false });
  expect(printed).toContain("The Free plan allows 1 server, and 1 exists: this replacement works only with");
  expect(printed).not.toContain("warning");
  expect((await pulumi(["up"])).failed).toBe(false);
});

test("another type is refused by name, whatever is asked of it", async () => {
  declare("  app: { type: postject:Nonsense, properties: { name: App } }");
  expect((await pulumi(["up"])).failed).toBe(true);
  expect(reference.requests()).toEqual([]);
});

test("a renewed access token is used by up, refresh and destroy, replaces nothing, and is in no resource's state", async () => {
  // Long enough for an update on a busy machine.
  const expiresAtMs = Date.now() + 25_000;
  const first = await reference.mintAccessToken(reference.account, { expiresInSeconds: 25 });
  const set = (token: string) => pulumi(["config", "set", "--secret", "postject:accessToken", token]);
  const env = { POSTJECT_ACCESS_TOKEN: "" };
  declare(server("name: App"));
  await set(first);
  expect((await pulumi(["up"], env)).failed).toBe(false);
  const { id } = onlyServer(reference);
  await new Promise((done) => setTimeout(done, expiresAtMs + 1000 - Date.now()));
  const stale = await pulumi(["refresh"], env);
  expect(stale.printed).toContain("[access-token-expired]");
  await set(reference.accessToken);
  expect((await pulumi(["refresh"], env)).failed).toBe(false);
  expect((await pulumi(["up", "--expect-no-changes"], env)).failed).toBe(false);
  expect(onlyServer(reference).id).toBe(id);
  const plain = readFileSync(
    path.join(workspace.folder, "../state/.pulumi/stacks/postject-yaml/dev.json"),
    "utf8",
  );
  for (const token of [first, reference.accessToken]) expect(plain).not.toContain(token);
  expect((await pulumi(["destroy"], { ...env, ...UNPROTECTED })).failed).toBe(false);
  expect(reference.servers()).toEqual([]);
});

test("an access token set without --secret is encrypted in the state all the same", async () => {
  await pulumi(["config", "set", "--plaintext", "postject:accessToken", reference.accessToken]);
  declare(server("name: App"));
  expect((await pulumi(["up"], { POSTJECT_ACCESS_TOKEN: "" })).failed).toBe(false);
  expect(
    JSON.stringify((await state()).filter(({ type }) => !type.startsWith("pulumi:pulumi"))),
  ).not.toContain(reference.accessToken);
});

test("a missing access token is refused with the command that sets it", async () => {
  declare(server("name: App"));
  const { failed, printed } = await pulumi(["preview"], { POSTJECT_ACCESS_TOKEN: "" });
  expect(failed).toBe(true);
  expect(printed).toContain('missing required configuration key "postject:accessToken"');
});

test.each([
  ["endpoint", "nonsense", "must be a URL"],
  ["endpoint", "http://postject.example", "must use https"],
  ["endpoint", "https://me:hunter2@postject.example", "must not contain a user name or password"],
  ["plan", "huge", "must be one of"],
  ["deletionProtection", "perhaps", "must be true or false"],
])(
  "the configuration %s=%s is refused by the name of its key, at preview and at refresh",
  async (key, value, reason) => {
    declare(server("name: App"));
    await pulumi(["up"]);
    await pulumi(["config", "set", `postject:${key}`, value]);
    const preview = await pulumi(["preview"], key === "endpoint" ? { POSTJECT_ENDPOINT: "" } : {});
    expect(preview.failed).toBe(true);
    expect(preview.printed).toContain(`postject:${key} ${reason}`);
    const refresh = await pulumi(["refresh"], { POSTJECT_ENDPOINT: "" });
    expect(refresh.printed).toContain(`postject:${key} ${reason}`);
    expect(preview.printed + refresh.printed).not.toContain("hunter2");
  },
);

test("an expired access token is refused before anything is sent", async () => {
  declare(server("name: App"));
  const expired = await reference.mintAccessToken(reference.account, { expiresInSeconds: -5 });
  const { failed, printed } = await pulumi(["up"], { POSTJECT_ACCESS_TOKEN: expired });
  expect(failed).toBe(true);
  expect(printed).toContain("POSTJECT_ACCESS_TOKEN has expired");
  expect(reference.requests()).toEqual([]);
});

test("`pulumi do` lists, reads and looks up servers", async () => {
  declare(
    "  a: { type: postject:Server, properties: { name: Alpha } }\n  b: { type: postject:Server, properties: { name: Beta } }",
  );
  await pulumi(["up"]);
  const list = async (...args: string[]) =>
    JSON.parse(
      (await pulumi(["do", "--package", plugin(), "postject:index:Server", "list", ...args])).stdout,
    ) as unknown[];
  expect(await list()).toEqual(
    reference.servers().map(({ id, name }) => expect.objectContaining({ id, name })),
  );
  expect(await list("--count", "1")).toHaveLength(1);
  expect(await list("--name-contains", "bet")).toEqual([expect.objectContaining({ name: "Beta" })]);
  const [alpha] = reference.servers();
  const read = await pulumi(["do", "--package", plugin(), "postject:index:Server", "read", alpha?.id ?? ""]);
  expect(read.printed).toContain(alpha?.name);
  const missing = await pulumi(["do", "--package", plugin(), "postject:index:Server", "read", "clxnope"]);
  expect(missing.printed).toContain("does not exist");
  const [first, second] = reference.servers();
  const options = ["do", "--package", plugin(), "postject:index:Server", "--stateless"];
  await pulumi([...options, "delete", first?.id ?? "", "--yes"], UNPROTECTED);
  expect(onlyServer(reference).id).toBe(second?.id);
});

test("a program may look at a server that it also owns: the look takes nothing over", async () => {
  const resources = `${server("name: App")}  seen:\n    type: postject:Server\n    get: { id: "\${app.id}" }\n`;
  declare(resources);
  expect(await pulumi(["up"])).toMatchObject({ failed: false });
  expect(await pulumi(["up", "--refresh"])).toMatchObject({ failed: false });
  expect(await pulumi(["preview", "--expect-no-changes"])).toMatchObject({ failed: false });
  expect(await pulumi(["destroy", "--refresh"], UNPROTECTED)).toMatchObject({ failed: false });
  expect(reference.servers()).toEqual([]);
});

test("what the stack's configuration allows counts for an explicit provider's check as well", async () => {
  declare(
    `  other:\n    type: pulumi:providers:postject\n    properties: { endpoint: "http://postject.invalid:1", accessToken: { fn::secret: "\${reference.accessToken}" } }\n`.replace(
      "${reference.accessToken}",
      reference.accessToken,
    ),
  );
  expect((await pulumi(["preview"])).printed).toContain("must use https");
  await pulumi(["config", "set", "postject:allowHttp", "true"]);
  expect(await pulumi(["preview"])).toMatchObject({ failed: false });
});

test("the engine takes the schema without a warning", async () => {
  const { failed, stdout } = await pulumi(["package", "get-schema", plugin()]);
  expect(failed).toBe(false);
  expect(JSON.parse(stdout)).toMatchObject({ name: "postject" });
  const checked = await pulumi(["schema", "check", path.join(ROOT, "sdk/schema.json")]);
  expect({ failed: checked.failed, printed: checked.printed.trim() }).toEqual({ failed: false, printed: "" });
});

test("a stack moves from the dynamic form to the plugin unchanged", async () => {
  const dynamic = createWorkspace({
    example: "examples/quickstart",
    engine: [],
    env: { ...workspace.env, POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  appendFileSync(path.join(dynamic.folder, "index.ts"), '\nnew postject.Server("marketing");\n');
  const run = (args: string[], env = {}) =>
    dynamic.pulumi([...args, "--yes", "--skip-preview", "--suppress-progress"], env);
  await dynamic.pulumi(["stack", "init", "move"]);
  expect((await run(["up"])).exitCode).toBe(0);
  const [app, marketing] = reference.servers().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  writeFileSync(
    path.join(dynamic.folder, "Pulumi.yaml"),
    `name: postject-quickstart\nruntime: yaml\nplugins:\n  providers:\n    - name: postject\n      path: ${ROOT}\nresources:\n` +
      `  app: { type: postject:Server, properties: { name: "${app?.name}" }, options: { aliases: [{ type: "pulumi-nodejs:dynamic/postject:Server" }] } }\n` +
      `  marketing: { type: postject:Server, properties: { name: "${marketing?.name}" }, options: { aliases: [{ type: "pulumi-nodejs:dynamic/postject:Server" }] } }\n`,
  );
  const moved = await run(["up"]);
  expect(moved.stdout).toMatch(/3 unchanged/);
  expect(moved.exitCode).toBe(0);
  expect(reference.requests({ method: "POST" })).toHaveLength(2);
  expect((await run(["destroy"], UNPROTECTED)).exitCode).toBe(0);
  expect(reference.servers()).toEqual([]);
  dynamic.remove();
});
