// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of Pulumi YAML
import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { createByHand, onlyServer, requestsOf } from "../support/account";
import { useReference } from "../support/fixtures";
import { useYaml, yamlServer, yamlUrn } from "../support/yaml";

const reference = useReference();
const { declare, run, mustRun, resources, workspace } = useYaml(reference);

/** By its link in the program's folder: `pulumi do` splits a path at blanks, and a checkout may have some. */
const plugin = () => path.join(workspace.folder, "node_modules/pulumi-postject/pulumi-resource-postject");

const UNPROTECTED = { POSTJECT_DELETION_PROTECTION: "false" };
const NO_TOKEN = { POSTJECT_ACCESS_TOKEN: "" };

/** A program of one server. */
const declareApp = (
  properties: object = { name: "App" },
  options?: object,
  rest?: { config?: object; variables?: object },
) => declare({ app: yamlServer(properties, options) }, rest);

const provider = (properties: object) => ({ type: "pulumi:providers:postject", properties });
const secret = (value: string) => ({ "fn::secret": value });

const serversInState = async () => (await resources()).filter(({ type }) => type === "postject:index:Server");

test("a YAML program goes through preview, up, no-op, refresh and destroy with the requests that each needs", async () => {
  declareApp();
  expect(await requestsOf(reference, () => mustRun(["preview"]))).toEqual([]);
  expect(await requestsOf(reference, () => mustRun(["up"]))).toEqual(["GET /v1/servers", "POST /v1/servers"]);
  const { id } = onlyServer(reference);
  const unchanged = (operation: string) =>
    requestsOf(reference, () => mustRun([operation, "--expect-no-changes"]));
  expect(await unchanged("preview")).toEqual([]);
  expect(await unchanged("up")).toEqual([]);
  expect(await unchanged("refresh")).toEqual([`GET /v1/servers/${id}`]);
  const destroyed = await requestsOf(reference, () => mustRun(["destroy"], UNPROTECTED));
  expect(destroyed).toEqual([`DELETE /v1/servers/${id}`]);
  expect(reference.servers()).toEqual([]);
});

test("a rename shows as the name alone: as drift in a refresh, and as a replacement in a preview", async () => {
  const app = (name: string) => declareApp({ name, deletionProtection: false });
  app("App");
  await mustRun(["up"]);
  reference.rename(onlyServer(reference).id, "Drifted");
  const drift = await run(["refresh", "--expect-no-changes"]);
  expect(drift.failed).toBe(true);
  expect(drift.printed).toContain("[diff: ~name]");
  app("Renamed");
  const { printed } = await mustRun(["preview", "--diff"]);
  expect(printed).toMatch(/~ name\s*: "Drifted" => "Renamed"/);
  expect(printed).not.toContain("token");
  await mustRun(["up"]);
  expect(onlyServer(reference).name).toBe("Renamed");
});

test("a replacement of a protected server that is not a rename is refused at preview, and stops before it creates anything where the provider is not told", async () => {
  declareApp();
  await mustRun(["up"]);
  expect((await run(["up", "--replace", yamlUrn("app")])).printed).toContain("[name-taken]");
  expect(onlyServer(reference).name).toBe("App");
  declareApp({ name: "App", allowDuplicateName: true }, { replaceOnChanges: ["allowDuplicateName"] });
  const sent = await requestsOf(reference, async () => {
    const { failed, printed } = await run(["preview"]);
    expect(failed).toBe(true);
    expect(printed).toContain("This run would delete it");
  });
  expect(sent).toEqual([]);
});

test("an imported server has its token as a secret, and the next preview is clean; what does not exist or is another account's is not imported", async () => {
  declareApp();
  await createByHand(reference, "App");
  const { id, token } = onlyServer(reference);
  const importServer = (wanted: string, env = {}) =>
    run(["import", "postject:index:Server", "app", wanted, "--yes", "--protect=false"], env);
  const stranger = await reference.mintAccessToken(reference.addAccount());
  for (const [wanted, env] of [
    ["clxnope", {}],
    [id, { POSTJECT_ACCESS_TOKEN: stranger }],
  ] as const) {
    const { failed, printed } = await importServer(wanted, env);
    expect(failed).toBe(true);
    expect(printed).toContain(`resource '${wanted}' does not exist`);
  }
  const imported = await importServer(id);
  expect(imported).toMatchObject({ failed: false, printed: expect.stringContaining("name: App") });
  expect(imported.printed + JSON.stringify(await resources())).not.toContain(token);
  expect(await serversInState()).toMatchObject([
    { id, outputs: { name: "App", token: { ciphertext: expect.any(String) } } },
  ]);
  await mustRun(["preview", "--expect-no-changes"]);
  expect(reference.requests({ method: "POST" })).toHaveLength(1);
  expect((await run(["destroy"])).printed).toContain("[deletion-protected]");
});

test("explicit providers work side by side, each in its account, and lookups use them", async () => {
  const other = reference.addAccount();
  const otherToken = await reference.mintAccessToken(other);
  const connection = (accessToken: string) =>
    provider({ endpoint: reference.url, accessToken: secret(accessToken) });
  const found = {
    function: "postject:getServer",
    arguments: { id: "${b.id}" },
    options: { provider: "${two}" },
  };
  declare(
    {
      one: connection(reference.accessToken),
      two: connection(otherToken),
      a: yamlServer({ name: "Same" }, { provider: "${one}" }),
      b: yamlServer({ name: "Same" }, { provider: "${two}" }),
    },
    { outputs: { found: { "fn::invoke": found } } },
  );
  await mustRun(["up"], NO_TOKEN);
  const owners = reference.servers().map(({ accountId }) => accountId);
  expect(owners.toSorted()).toEqual([reference.account.id, other.id].toSorted());
  const printed = JSON.stringify(await resources());
  const tokens = reference.servers().map(({ token }) => token);
  for (const text of [reference.accessToken, otherToken, ...tokens]) expect(printed).not.toContain(text);
  await mustRun(["destroy"], { ...UNPROTECTED, ...NO_TOKEN });
  expect(reference.servers()).toEqual([]);
});

test("an explicit provider that is called like a default one keeps its own account and protection", async () => {
  const other = reference.addAccount();
  const accessToken = secret(await reference.mintAccessToken(other));
  declare({
    default_prod: provider({ accessToken, deletionProtection: true }),
    app: yamlServer({ name: "App" }, { provider: "${default_prod}" }),
  });
  await mustRun(["config", "set", "--secret", "postject:accessToken", reference.accessToken]);
  await mustRun(["config", "set", "postject:deletionProtection", "false"]);
  await mustRun(["up"], NO_TOKEN);
  expect(onlyServer(reference).accountId).toBe(other.id);
  await mustRun(["refresh"], NO_TOKEN);
  expect((await run(["destroy"], NO_TOKEN)).printed).toContain("[deletion-protected]");
  expect(reference.servers()).toHaveLength(1);
  await mustRun(["destroy"], { ...NO_TOKEN, ...UNPROTECTED });
});

test("what the stack's configuration allows counts for an explicit provider's check as well", async () => {
  const accessToken = secret(reference.accessToken);
  declare({ other: provider({ endpoint: "http://postject.invalid:1", accessToken }) });
  expect((await run(["preview"])).printed).toContain("must use https");
  await mustRun(["config", "set", "postject:allowHttp", "true"]);
  await mustRun(["preview"]);
});

test("a lookup that finds nothing says so", async () => {
  const lookUp = { function: "postject:getServer", arguments: { name: "Nobody" } };
  declareApp({}, {}, { variables: { found: { "fn::invoke": lookUp } } });
  expect((await run(["preview"])).printed).toContain('The account has no server named "Nobody"');
});

test("a server without a name is named by the auto-naming of the day, and keeps its name when that changes", async () => {
  const servers: Record<string, object> = {};
  const names: unknown[] = [];
  const declareAnother = (key: string, autoNaming?: object) => {
    servers[key] = yamlServer();
    declare(servers, { config: { ...(autoNaming && { "pulumi:autonaming": { value: autoNaming } }) } });
  };
  for (const [key, autoNaming, expected] of [
    ["a", undefined, /^a-[0-9a-f]{7}$/],
    ["b", { mode: "verbatim" }, /^b$/],
    ["c", { pattern: "x-${name}-${hex(4)}" }, /^x-c-[0-9a-f]{4}$/],
    ["d", { pattern: "y-${name}", enforce: true }, /^y-d$/],
  ] as const) {
    declareAnother(key, autoNaming);
    await mustRun(["up"]);
    names.push(expect.stringMatching(expected));
    expect(reference.servers().map(({ name }) => name)).toEqual(names);
    expect(reference.requests({ method: "DELETE" })).toEqual([]);
  }
  declareAnother("e", { mode: "disabled" });
  expect((await run(["preview"])).printed).toContain("auto-naming is disabled");
});

test("a configured plan makes the preview warn before its limit is hit, with one list", async () => {
  declare({ a: yamlServer(), b: yamlServer() }, { config: { "postject:plan": "free" } });
  const sent = await requestsOf(reference, async () => {
    expect((await mustRun(["preview"])).printed).toContain(
      "warning: The Free plan allows 1 server, and 0 exist. This run creates at least 2 more",
    );
  });
  expect(sent).toEqual(["GET /v1/servers"]);
});

test("on a full plan a replacement is only noted: whether it deletes first is not told in a preview", async () => {
  const full = (name: string) =>
    declareApp(
      { name, deletionProtection: false },
      { deleteBeforeReplace: true },
      { config: { "postject:plan": "free" } },
    );
  full("App");
  await mustRun(["up"]);
  full("Renamed");
  const { printed } = await mustRun(["preview"]);
  expect(printed).toContain("The Free plan allows 1 server, and 1 exists: this replacement works only with");
  expect(printed).not.toContain("warning");
  await mustRun(["up"]);
});

test("a renewed access token, though set without --secret, is used by refresh, up and destroy, replaces nothing, and is in no state", async () => {
  const hourMs = 3_600_000;
  const first = await reference.mintAccessToken(reference.account, { expiresInSeconds: 3600 });
  const set = (token: string) => mustRun(["config", "set", "--plaintext", "postject:accessToken", token]);
  declareApp();
  await set(first);
  await mustRun(["up"], NO_TOKEN);
  const { id } = onlyServer(reference);
  reference.clock.advance(2 * hourMs);
  expect((await run(["refresh"], NO_TOKEN)).printed).toContain("[unauthorized]");
  await set(reference.accessToken);
  await mustRun(["refresh"], NO_TOKEN);
  await mustRun(["up", "--expect-no-changes"], NO_TOKEN);
  expect(onlyServer(reference).id).toBe(id);
  const state = path.join(workspace.folder, "../state/.pulumi/stacks/test/dev.json");
  const text = readFileSync(state, "utf8");
  for (const token of [first, reference.accessToken]) expect(text).not.toContain(token);
  await mustRun(["destroy"], { ...NO_TOKEN, ...UNPROTECTED });
  expect(reference.servers()).toEqual([]);
});

test("a bad configuration is refused by the name of each key, at preview and at refresh", async () => {
  declareApp();
  await mustRun(["up"]);
  const values = {
    endpoint: "https://me:hunter2@postject.example",
    plan: "huge",
    deletionProtection: "perhaps",
  };
  const flags = Object.entries(values).flatMap(([key, value]) => ["--plaintext", `postject:${key}=${value}`]);
  await mustRun(["config", "set-all", ...flags]);
  for (const operation of ["preview", "refresh"]) {
    const { failed, printed } = await run([operation], { POSTJECT_ENDPOINT: "" });
    expect(failed).toBe(true);
    expect(printed).toContain("postject:endpoint must not contain a user name or password");
    expect(printed).toContain("postject:plan must be one of");
    expect(printed).toContain("postject:deletionProtection must be true or false");
    expect(printed).not.toContain("hunter2");
  }
});

test("a missing access token is refused with the command that sets it, and an expired one, before anything is sent", async () => {
  declareApp();
  const missing = await run(["preview"], NO_TOKEN);
  expect(missing.failed).toBe(true);
  expect(missing.printed).toContain('missing required configuration key "postject:accessToken"');
  const accessToken = await reference.mintAccessToken(reference.account, { expiresInSeconds: -5 });
  const expired = await run(["up"], { POSTJECT_ACCESS_TOKEN: accessToken });
  expect(expired.failed).toBe(true);
  expect(expired.printed).toContain("POSTJECT_ACCESS_TOKEN has expired");
  expect(reference.requests()).toEqual([]);
});

test("`pulumi do` lists, reads, looks up and deletes servers", async () => {
  reference.seed({ servers: [{ name: "Alpha" }, { name: "Beta" }] });
  const [alpha, beta] = reference.servers();
  const perform = (args: string[], env = {}) =>
    run(["do", "--package", plugin(), "postject:index:Server", ...args], env);
  const list = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await perform(["list", ...args])).stdout);
  expect(await list()).toEqual(
    [alpha, beta].map((server) => expect.objectContaining({ id: server?.id, name: server?.name })),
  );
  expect(await list("--count", "1")).toHaveLength(1);
  expect(await list("--name-contains", "bet")).toEqual([expect.objectContaining({ name: "Beta" })]);
  expect((await perform(["read", alpha?.id ?? ""])).printed).toContain(alpha?.name);
  expect((await perform(["read", "clxnope"])).printed).toContain("does not exist");
  await perform(["--stateless", "delete", alpha?.id ?? "", "--yes"], UNPROTECTED);
  expect(onlyServer(reference).id).toBe(beta?.id);
});

test("a program may look at a server that it also owns: the look takes nothing over", async () => {
  declare({ app: yamlServer({ name: "App" }), seen: { type: "postject:Server", get: { id: "${app.id}" } } });
  await mustRun(["up"]);
  await mustRun(["up", "--refresh"]);
  await mustRun(["preview", "--expect-no-changes"]);
  await mustRun(["destroy", "--refresh"], UNPROTECTED);
  expect(reference.servers()).toEqual([]);
});

test("the engine takes the schema without a warning", async () => {
  const { stdout } = await mustRun(["package", "get-schema", plugin()]);
  expect(JSON.parse(stdout)).toMatchObject({ name: "postject" });
  const { printed } = await mustRun(["schema", "check", path.join(ROOT, "sdk/schema.json")]);
  expect(printed.trim()).toBe("");
});
