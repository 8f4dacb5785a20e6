import * as pulumi from "@pulumi/pulumi";
import { serverResource } from "../../provider/spec";
import * as postject from "../../sdk";

// Programs under Pulumi's mocks, as users' unit tests run them: no engine, no API.

interface Call {
  readonly token: string;
  readonly inputs: Record<string, unknown>;
}

const calls: Call[] = [];
const resources: Record<string, unknown>[] = [];

beforeEach(async () => {
  calls.length = 0;
  resources.length = 0;
  await pulumi.runtime.setMocks({
    call: ({ token, inputs }) => {
      calls.push({ token, inputs });
      const server = { id: "a", name: "A", token: "pt_live_a", createdAt: "2026-01-01T00:00:00.000Z" };
      return token === "postject:index:getServers" ? { servers: [server] } : { ...server, streams: [] };
    },
    newResource: ({ name, inputs }) => {
      resources.push(inputs);
      return { id: name, state: inputs };
    },
  });
});

const readOutput = <T>(output: pulumi.Output<T>) => new Promise<T>((done) => void output.apply(done));

test("lookups ask the mocks, and their tokens are secret outputs even so", async () => {
  expect(await readOutput((await postject.getServer({ name: "A" })).token)).toBe("pt_live_a");
  expect((await postject.getServers({ nameContains: "a" })).servers).toHaveLength(1);
  expect(await readOutput(postject.getServerOutput({ id: pulumi.output("a") }).name)).toBe("A");
  expect(calls).toEqual([
    { token: "postject:index:getServer", inputs: { name: "A" } },
    { token: "postject:index:getServers", inputs: { nameContains: "a" } },
    { token: "postject:index:getServer", inputs: { id: "a" } },
  ]);
});

test("an empty id, or arguments that are no object, are refused instead of creating a server", () => {
  for (const id of ["", undefined, null])
    expect(() => postject.Server.get("shared", id as unknown as string)).toThrow("the id is empty");
  for (const args of [null, pulumi.output({ name: "A" }), Promise.resolve({}), () => ({}), "A", new Map()])
    expect(() => new postject.Server("app", args as postject.ServerArgs)).toThrow("must be an object");
  expect(resources).toEqual([]);
});

test("resource options that are the plugin's are refused, with the argument that does the same", async () => {
  class Plugin extends pulumi.ProviderResource {}
  const provider = new Plugin("postject", "eu");
  const servers = { app: {} };
  for (const declare of [
    () => new postject.Server("app", {}, { provider }),
    () => new postject.Environment("pr", { servers }, { provider }),
    () => new postject.Environment("pr", { servers }, { providers: [provider] }),
    () => new postject.Environment("pr", { servers }, { providers: { postject: provider } }),
  ])
    expect(declare).toThrow(/takes no provider.*`account`/);
  expect(() => new postject.Server("app", {}, { import: "clx" })).toThrow(
    /`import` is for the plugin.*`adopt`/,
  );
  const other = new (class Other extends pulumi.ProviderResource {})("aws", "eu");
  await readOutput(new postject.Server("app", {}, { provider: other }).urn);
});

describe("a made-up name", () => {
  const nameIn = async (backend: string, options: pulumi.CustomResourceOptions = {}) => {
    process.env.PULUMI_BACKEND_URL = backend;
    await readOutput(new postject.Server("app", {}, options).urn);
    delete process.env.PULUMI_BACKEND_URL;
    return resources.at(-1)?.[serverResource.dynamicAutoName];
  };

  test("is the same in a preview and the update after it", async () => {
    expect(await nameIn("file:///alice")).toMatch(/^app-[0-9a-f]{7}$/);
    expect(await nameIn("file:///alice")).toBe(await nameIn("file:///alice"));
  });

  test("differs between people and between parents, since one account holds them all", async () => {
    const parent = new pulumi.ComponentResource("my:index:Team", "team");
    const names = [
      await nameIn("file:///alice"),
      await nameIn("file:///bob"),
      await nameIn("file:///alice", { parent }),
    ];
    expect(new Set(names).size).toBe(3);
  });
});
