import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as postject from "../../sdk";
import { onlyServer, streamsOf } from "../support/account";
import { useReference, useStack } from "../support/fixtures";

/** Old states hold it: it never changes. */
const PROVIDER =
  'exports.handler=()=>{let f;try{f=require.resolve("pulumi-postject/dynamic",{paths:[".",require.main.path]})}catch{throw Object.assign(Error("pulumi-postject is missing: npm install pulumi-postject"),{stack:""})}return require(f)}';

const reference = useReference();
const stack = useStack({ reference });

/** A program of one server. */
const declare = (args: postject.ServerArgs) => async () => void new postject.Server("app", args);

test("a preview of a create sends nothing and shows the name that the update will use", async () => {
  const program = async () => ({ name: new postject.Server("app").name });
  const { printed } = await stack.mustRun("preview", { program });
  expect(reference.requests()).toEqual([]);
  await stack.mustRun("up");
  expect(onlyServer(reference).name).toMatch(/^app-[0-9a-f]{7}$/);
  expect(printed).toContain(onlyServer(reference).name);
});

/** `dynamic.test.ts`, a sign between and the line of a text in it. */
function placeOf(text: string, sign: string): string {
  const lines = readFileSync(__filename, "utf8").split("\n");
  return `dynamic.test.ts${sign}${lines.findIndex((line) => line.includes(text)) + 1}`;
}

test("the state holds the constant provider string, the whole server, the line that declares it, and no secret in plain text", async () => {
  const program = async () => ({ token: new postject.Server("app", { name: "App" }).token });
  const { printed } = await stack.mustRun("up", { program });
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
  expect(resource?.sourcePosition).toContain(`${placeOf('token: new postject.Server("app", {', "#")},`);
  for (const text of [stack.rawState(), printed]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(reference.accessToken);
  }
  expect(await stack.outputs()).toEqual({ token });
});

test("a taken name stops the create before the POST and says how to adopt the server, which then works under its own name", async () => {
  reference.seed({ servers: [{ name: "App" }] });
  const { id, token } = onlyServer(reference);
  const { failed, printed } = await stack.run("up", { program: declare({ name: "App" }) });
  expect(failed).toBe(true);
  expect(printed).toContain(`adopt: "${id}"`);
  const misnamed = await stack.run("up", { program: declare({ name: "Other", adopt: id }) });
  expect(misnamed.printed).toMatch(
    /Cannot take over server "App" \(c\w+\) as "Other"\. Set `name` to the server's name/,
  );
  expect(await stack.resources()).toEqual([]);
  const adopting = async () => ({ token: new postject.Server("app", { name: "App", adopt: id }).token });
  expect(await stack.mustRun("up", { program: adopting })).toMatchObject({ changes: { create: 1 } });
  expect(await stack.outputs()).toEqual({ token });
  const adopted = declare({ name: "App" });
  expect(await stack.mustRun("up", { program: adopted })).toMatchObject({ changes: { same: 2 } });
  expect(reference.requests({ method: "POST" })).toEqual([]);
});

test("lookups find servers by id and by name and keep tokens secret", async () => {
  reference.seed({ servers: [{ name: "App" }] });
  const { id, token } = onlyServer(reference);
  // Programs look up with the stack's configuration; an inline one lacks the environment of its stack.
  await stack.configure({
    "postject:endpoint": reference.url,
    "postject:accessToken": reference.accessToken,
  });
  const program = async () => {
    const byName = await postject.getServer({ name: "App" });
    const { servers } = await postject.getServers({ nameContains: "app" });
    return {
      id: byName.id,
      token: byName.token,
      later: postject.getServerOutput({ id: pulumi.output(id) }).token,
      names: servers.map(({ name }) => name),
    };
  };
  const { printed } = await stack.mustRun("up", { program });
  expect(await stack.outputs()).toEqual({ id, token, later: token, names: ["App"] });
  expect(printed + stack.rawState()).not.toContain(token);
});

test("adopt that was left in the program never takes a server away from itself", async () => {
  reference.seed({ servers: [{ name: "App" }] });
  const { id } = onlyServer(reference);
  await stack.mustRun("up", { program: declare({ name: "App", adopt: id, deletionProtection: false }) });
  const [resource] = await stack.resources();
  await stack.mustRun("up", { args: { replace: [resource?.urn] } });
  expect(onlyServer(reference).id).toBe(id);
  expect(await stack.resources()).toMatchObject([{ id }]);
});
