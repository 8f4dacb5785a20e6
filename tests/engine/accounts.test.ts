import { type Account, startReference } from "../../provider/reference";
import * as postject from "../../sdk";
import { useReference, useStack } from "../support/fixtures";
import { PluginServer } from "../support/forms";

const reference = useReference();
const stack = useStack({ reference });
let staging: Account;

beforeEach(async () => {
  staging = reference.addAccount();
  await stack.configure({ "postject-staging:accessToken": await reference.mintAccessToken(staging) });
});

/** A server in the stack's own account, and one in the named account. */
const declareBoth = (args: postject.ServerArgs) => async () => {
  new postject.Server("main", { name: "App", deletionProtection: false });
  new postject.Server("staging", { name: "App", deletionProtection: false, ...args });
};

/** A single server. */
const declare = (args: postject.ServerArgs) => async () =>
  void new postject.Server("app", { name: "App", ...args });

const expectOwners = (...accounts: Account[]) => {
  const owners = reference.servers().map(({ accountId }) => accountId);
  expect(owners.toSorted()).toEqual(accounts.map(({ id }) => id).toSorted());
};

test("a server is created, looked up, kept, refreshed and deleted in the account that it names", async () => {
  await stack.mustRun("up", { program: declareBoth({ account: "staging" }) });
  expectOwners(reference.account, staging);
  expect((await stack.mustRun("up")).changes).toEqual({ same: 3 });
  expect((await stack.mustRun("refresh")).changes).toEqual({ same: 3 });
  const [server] = reference.servers(staging.id);
  // An inline program does not have the environment of its stack.
  await stack.configure({ "postject:endpoint": reference.url });
  const program = async () => {
    await declareBoth({ account: "staging" })();
    return {
      found: (await postject.getServer({ name: "App", account: "staging" })).id,
      count: (await postject.getServers({ account: "staging" })).servers.length,
      read: postject.Server.get("read", server?.id ?? "", { account: "staging" }).name,
    };
  };
  await stack.mustRun("up", { program });
  expect(await stack.outputs()).toEqual({ found: server?.id, count: 1, read: "App" });
  await stack.mustRun("destroy");
  expect(reference.servers()).toEqual([]);
});

test("an account without an access token of its own is refused by its own key, and never gets another's", async () => {
  const { failed, printed } = await stack.run("preview", { program: declare({ account: "other-one" }) });
  expect(failed).toBe(true);
  expect(printed).toContain("postject-other-one:accessToken is missing");
  expect(printed).toContain("POSTJECT_OTHER_ONE_ACCESS_TOKEN");
});

test("the environment renews an account's access token for a destroy", async () => {
  await stack.mustRun("up", { program: declareBoth({ account: "staging" }) });
  const stale = await reference.mintAccessToken(staging, { expiresInSeconds: -60 });
  await stack.configure({ "postject-staging:accessToken": stale });
  const env = { POSTJECT_STAGING_ACCESS_TOKEN: await reference.mintAccessToken(staging) };
  await stack.mustRun("up", { env });
  await stack.mustRun("destroy", { env });
  expect(reference.servers()).toEqual([]);
});

test("moving a server to another account replaces it, and so does another name for the same account", async () => {
  await stack.mustRun("up", { program: declare({ deletionProtection: false }) });
  expectOwners(reference.account);
  const inAccount =
    (account: string, options = {}) =>
    async () =>
      void new postject.Server("app", { name: "App", deletionProtection: false, account }, options);
  expect(await stack.mustRun("up", { program: inAccount("staging") })).toMatchObject({
    changes: { replace: 1 },
  });
  expectOwners(staging);
  const [before] = reference.servers();
  // Whose a server is follows from the program alone.
  await stack.configure({ "postject-renamed:accessToken": await reference.mintAccessToken(staging) });
  const program = inAccount("renamed", { deleteBeforeReplace: true });
  expect((await stack.mustRun("up", { program })).changes).toMatchObject({ replace: 1 });
  expectOwners(staging);
  expect(reference.servers()).not.toEqual([before]);
});

test("a preview refuses to move a protected server to another account, or to one of that name behind another API", async () => {
  const other = await startReference();
  await stack.configure({
    "postject-elsewhere:endpoint": other.url,
    "postject-elsewhere:accessToken": other.accessToken,
  });
  await stack.mustRun("up", { program: declare({}) });
  for (const account of ["staging", "elsewhere"]) {
    const { failed, printed } = await stack.run("preview", { program: declare({ account }) });
    expect(failed).toBe(true);
    expect(printed).toContain("Changing its `account` would delete it");
  }
  expectOwners(reference.account);
  await other.stop();
});

test("a stack that moves to the plugin keeps a named account's server, and its provider says which account", async () => {
  await stack.mustRun("up", { program: declare({ account: "staging" }) });
  const before = reference.servers();
  const env = { POSTJECT_ACCESS_TOKEN: await reference.mintAccessToken(staging) };
  const aliases = [{ type: "pulumi-nodejs:dynamic/postject:Server" }];
  const program = async () => void new PluginServer("app", { name: "App" }, { aliases });
  expect((await stack.mustRun("up", { env, program })).changes).toEqual({ same: 2 });
  expect(reference.servers()).toEqual(before);
});
