import { type Account, type Reference, startReference } from "../../provider/reference";
import * as postject from "../../sdk";
import { PluginServer } from "../support/forms";
import { createTestStack, type TestStack } from "../support/stack";

let reference: Reference;
let staging: Account;
let stack: TestStack;

/** One server in the stack's own account, one in the named account. */
const declare = (args: postject.ServerArgs) => async () => {
  new postject.Server("main", { name: "App", deletionProtection: false });
  new postject.Server("staging", { name: "App", deletionProtection: false, ...args });
};

const inStaging = declare({ account: "staging" });

beforeEach(async () => {
  reference = await startReference();
  staging = reference.addAccount();
  stack = await createTestStack({ reference, program: inStaging });
  await stack.stack.setConfig("postject-staging:accessToken", {
    value: await reference.mintAccessToken(staging),
    secret: true,
  });
});

afterEach(async () => {
  stack.remove();
  await reference.stop();
});

const ownersOf = () => reference.servers().map(({ accountId }) => accountId);

test("a server goes to the account that it names, and lives and dies there", async () => {
  const { failed, printed } = await stack.run("up");
  expect({ failed, printed }).toMatchObject({ failed: false });
  expect(ownersOf().toSorted()).toEqual([reference.account.id, staging.id].toSorted());
  expect((await stack.run("up")).changes).toEqual({ same: 3 });
  expect((await stack.run("refresh")).changes).toEqual({ same: 3 });
  expect((await stack.run("destroy")).failed).toBe(false);
  expect(reference.servers()).toEqual([]);
});

test("without an access token of its own the account is refused by its own key, and never gets another's", async () => {
  stack.program = declare({ account: "other-one" });
  const { failed, printed } = await stack.run("preview");
  expect(failed).toBe(true);
  expect(printed).toContain("postject-other-one:accessToken is missing");
  expect(printed).toContain("POSTJECT_OTHER_ONE_ACCESS_TOKEN");
});

test("the environment renews an account's access token for a destroy", async () => {
  await stack.run("up");
  const stale = await reference.mintAccessToken(staging, { expiresInSeconds: -60 });
  await stack.stack.setConfig("postject-staging:accessToken", { value: stale, secret: true });
  const env = { POSTJECT_STAGING_ACCESS_TOKEN: await reference.mintAccessToken(staging) };
  expect((await stack.run("up", { env })).failed).toBe(false);
  expect((await stack.run("destroy", { env })).failed).toBe(false);
  expect(reference.servers()).toEqual([]);
});

test("moving a server to another account replaces it", async () => {
  stack.program = declare({});
  await stack.run("destroy");
  stack.program = async () => void new postject.Server("app", { name: "App", deletionProtection: false });
  await stack.run("up");
  stack.program = async () =>
    void new postject.Server("app", { name: "App", deletionProtection: false, account: "staging" });
  expect((await stack.run("up")).changes).toMatchObject({ replace: 1 });
  expect(ownersOf()).toEqual([staging.id]);
});

test("a protected server is not moved to another account, which a preview already says", async () => {
  stack.program = async () => void new postject.Server("app", { name: "App" });
  await stack.run("up");
  stack.program = async () => void new postject.Server("app", { name: "App", account: "staging" });
  const { failed, printed } = await stack.run("preview");
  expect(failed).toBe(true);
  expect(printed).toContain("Changing its `account` would delete it");
  expect(ownersOf()).toEqual([reference.account.id]);
});

test("another name for the same account replaces the server too: whose it is follows from the program alone", async () => {
  await stack.run("up");
  await stack.stack.setConfig("postject-renamed:accessToken", {
    value: await reference.mintAccessToken(staging),
    secret: true,
  });
  stack.program = async () => {
    new postject.Server("main", { name: "App", deletionProtection: false });
    const opts = { deleteBeforeReplace: true };
    new postject.Server("staging", { name: "App", deletionProtection: false, account: "renamed" }, opts);
  };
  expect((await stack.run("up")).changes).toEqual({ same: 2, replace: 1 });
  expect(ownersOf().toSorted()).toEqual([reference.account.id, staging.id].toSorted());
});

test("a stack that moves to the plugin keeps a named account's server, and its provider says which account", async () => {
  stack.program = async () => void new postject.Server("app", { name: "App", account: "staging" });
  await stack.run("up");
  const before = reference.servers();
  const env = { POSTJECT_ACCESS_TOKEN: await reference.mintAccessToken(staging) };
  stack.program = async () => {
    const aliases = [{ type: "pulumi-nodejs:dynamic/postject:Server" }];
    new PluginServer("app", { name: "App" }, { aliases });
  };
  expect((await stack.run("up", { env })).changes).toEqual({ same: 2 });
  expect(reference.servers()).toEqual(before);
});

test("a name that leads to another API is another account, whatever its access token says", async () => {
  const other = await startReference();
  stack.program = async () => void new postject.Server("app", { name: "App" });
  await stack.run("up");
  await stack.stack.setConfig("postject-elsewhere:endpoint", { value: other.url });
  await stack.stack.setConfig("postject-elsewhere:accessToken", { value: other.accessToken, secret: true });
  stack.program = async () => void new postject.Server("app", { name: "App", account: "elsewhere" });
  const { failed, printed } = await stack.run("preview");
  expect(failed).toBe(true);
  expect(printed).toContain("Changing its `account` would delete it");
  await other.stop();
});

test("lookups and reads find what the named account has", async () => {
  await stack.run("up");
  const id = reference.servers().find(({ accountId }) => accountId === staging.id)?.id ?? "";
  const other = await createTestStack({
    reference,
    program: async () => ({
      found: (await postject.getServer({ name: "App", account: "staging" })).id,
      count: (await postject.getServers({ account: "staging" })).servers.length,
      read: postject.Server.get("read", id, { account: "staging" }).name,
    }),
  });
  await other.stack.setConfig("postject:endpoint", { value: reference.url });
  await other.stack.setConfig("postject-staging:accessToken", {
    value: await reference.mintAccessToken(staging),
    secret: true,
  });
  const { failed, printed } = await other.run("up");
  expect({ failed, printed }).toMatchObject({ failed: false });
  expect(await other.outputs()).toEqual({ found: id, count: 1, read: "App" });
  other.remove();
});
