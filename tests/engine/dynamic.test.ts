import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Reference, startReference } from "../../provider/reference";
import * as postject from "../../sdk";
import { onlyServer, streamsOf } from "../support/account";
import { createTestStack, type TestStack } from "../support/stack";

/** Old states hold it: it never changes. */
const PROVIDER =
  'exports.handler=()=>{let f;try{f=require.resolve("pulumi-postject/dynamic",{paths:[".",require.main.path]})}catch{throw Object.assign(Error("pulumi-postject is missing: npm install pulumi-postject"),{stack:""})}return require(f)}';

let reference: Reference;
let stack: TestStack;

/** A program of one server. */
const declare = (args: postject.ServerArgs) => async () => void new postject.Server("app", args);

beforeEach(async () => {
  reference = await startReference();
  stack = await createTestStack({ reference, program: declare({ name: "App" }) });
});

afterEach(async () => {
  stack.remove();
  await reference.stop();
});

test("a preview of a create sends nothing and shows the name that the update will use", async () => {
  stack.program = async () => ({ name: new postject.Server("app").name });
  const preview = await stack.run("preview");
  expect(preview.failed).toBe(false);
  expect(reference.requests()).toEqual([]);
  await stack.run("up");
  expect(onlyServer(reference).name).toMatch(/^app-[0-9a-f]{7}$/);
  expect(preview.printed).toContain(onlyServer(reference).name);
});

test("the state holds the constant provider string, the whole server, and no secret in plain text", async () => {
  stack.program = async () => ({ token: new postject.Server("app", { name: "App" }).token });
  const { printed } = await stack.run("up");
  const [resource] = await stack.resources();
  const { token, ...live } = onlyServer(reference);
  expect(resource).toMatchObject({
    id: live.id,
    inputs: { __provider: PROVIDER, name: "App" },
    outputs: {
      __provider: PROVIDER,
      name: "App",
      createdAt: live.createdAt,
      streams: streamsOf(onlyServer(reference)),
      accountId: live.accountId,
    },
  });
  expect(Buffer.byteLength(PROVIDER)).toBe(229);
  for (const text of [stack.rawState(), printed]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(reference.accessToken);
  }
  expect(await stack.outputs()).toEqual({ token });
});

/** `dynamic.test.ts`, a sign between and the line of a text in it. */
function placeOf(text: string, sign: string): string {
  const lines = readFileSync(__filename, "utf8").split("\n");
  return `dynamic.test.ts${sign}${lines.findIndex((line) => line.includes(text)) + 1}`;
}

test("the state names the line of the program that declares the server", async () => {
  await stack.run("up");
  const [resource] = await stack.resources();
  const declared = "const declare = (args: postject.ServerArgs)";
  expect(resource?.sourcePosition).toContain(`${placeOf(declared, "#")},`);
});

test("a taken name stops the create before the POST and says how to take the server over, which then works", async () => {
  await stack.run("up");
  const { id, token } = onlyServer(reference);
  const other = await createTestStack({ reference, program: declare({ name: "App" }) });
  const { failed, printed } = await other.run("up");
  expect(failed).toBe(true);
  expect(printed).toContain(`adopt: "${id}"`);
  other.program = async () => ({ token: new postject.Server("app", { name: "App", adopt: id }).token });
  expect(await other.run("up")).toMatchObject({ failed: false, changes: { create: 1 } });
  expect(await other.outputs()).toEqual({ token });
  other.program = declare({ name: "App" });
  expect(await other.run("up")).toMatchObject({ failed: false, changes: { same: 2 } });
  expect(reference.requests({ method: "POST" })).toHaveLength(1);
  other.remove();
});

test("adopting a server of another name names both and changes nothing", async () => {
  await stack.run("up");
  const other = await createTestStack({
    reference,
    program: declare({ name: "Other", adopt: onlyServer(reference).id }),
  });
  const { printed } = await other.run("up");
  expect(printed).toMatch(/Cannot adopt server "App" \(c\w+\) as "Other"\. Set `name` to the server's name/);
  expect(await other.resources()).toEqual([]);
  other.remove();
});

test("lookups find servers by id and by name and keep tokens secret", async () => {
  await stack.run("up");
  const { id, token } = onlyServer(reference);
  const other = await createTestStack({
    reference,
    program: async () => {
      const byName = await postject.getServer({ name: "App" });
      const { servers } = await postject.getServers({ nameContains: "app" });
      return {
        id: byName.id,
        token: byName.token,
        later: postject.getServerOutput({ id: pulumi.output(id) }).token,
        names: servers.map(({ name }) => name),
      };
    },
  });
  // Programs look up with the stack's configuration; an inline one does not have the environment of its stack.
  await other.stack.setConfig("postject:endpoint", { value: reference.url });
  await other.stack.setConfig("postject:accessToken", { value: reference.accessToken, secret: true });
  const { printed } = await other.run("up");
  expect(await other.outputs()).toEqual({ id, token, later: token, names: ["App"] });
  expect(printed + other.rawState()).not.toContain(token);
  other.remove();
});

test("adopt that was left in the program never takes a server away from itself", async () => {
  await stack.run("up");
  const { id } = onlyServer(reference);
  const args = { name: "App", adopt: id, deletionProtection: false };
  stack.program = declare(args);
  await stack.run("up");
  const [resource] = await stack.resources();
  expect((await stack.run("up", { args: { replace: [resource?.urn] } })).failed).toBe(false);
  expect(onlyServer(reference).id).toBe(id);
  expect(await stack.resources()).toMatchObject([{ id }]);
});
