import { respond } from "../support/faults";
import { useReference } from "../support/fixtures";

type DynamicHost = typeof import("../../provider/hosts/dynamic");

const reference = useReference();
let host: DynamicHost;
let values: Record<string, string>;

beforeEach(() => {
  jest.resetModules();
  host = require("../../provider/hosts/dynamic") as DynamicHost;
  values = {
    "postject:endpoint": reference.url,
    "postject:accessToken": reference.accessToken,
  };
  // As Pulumi's host does, without waiting for it.
  void host.configure({ config: { get: (key: string) => values[key] } });
});

const PROVIDER = { __provider: "kept" };

test("two simultaneous first calls find the provider configured, and share one list", async () => {
  const created = await Promise.all(["A", "B"].map((name) => host.create({ name, ...PROVIDER })));
  const ids = reference.servers().map(({ id }) => id);
  expect(created.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(reference.requests({ route: "listServers" })).toHaveLength(1);
});

test("a partial create carries id, token and the provider string, so that a later delete works", async () => {
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  reference.faults.add({ route: "getServer", outcome: respond(400, "no") });
  const error: unknown = await host.create({ name: "A", ...PROVIDER }).catch((caught: unknown) => caught);
  const [server] = reference.servers();
  expect(error).toMatchObject({
    id: server?.id,
    properties: { name: "A", token: server?.token, ...PROVIDER },
    reasons: [expect.stringContaining("[create-incomplete]")],
  });
});

test("a user's error has no stack trace, and a defect keeps its own", async () => {
  const failureOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: Error) => error,
    );
  const user = await failureOf(host.read("clxnope", { name: "A", accountId: "acct_other" }));
  expect(`${user}: ${user?.stack}`).toBe("postject [absence-unproven]: see the error at the resource");
  expect((await failureOf(host.create({})))?.stack).toContain("lifecycle");
});

test("two resources with the same inputs never get one server", async () => {
  const inputs = { name: "A", allowDuplicateName: true, ...PROVIDER };
  for (const __autoName of ["one", "two"]) await host.check({}, { ...inputs, __autoName });
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  reference.faults.add({ route: "getServer", outcome: respond(400, "no") });
  await expect(host.create(inputs)).rejects.toThrow("[create-incomplete]");
  const { id } = await host.create(inputs);
  expect(reference.servers().map((server) => server.id)[1]).toBe(id);
});

describe("with a name for an account", () => {
  const checked = async (olds: object, news: object) =>
    (await host.check({ ...olds }, { ...PROVIDER, ...news })).failures.map(({ reason }) => reason);

  test("that is the same account, both know of the same servers", async () => {
    Object.assign(values, {
      "postject-prod:accessToken": reference.accessToken,
      "postject-prod:plan": "growth",
    });
    await host.create({ name: "A", ...PROVIDER });
    await expect(host.create({ name: "A", account: "prod", ...PROVIDER })).rejects.toThrow("[name-taken]");
    expect(reference.servers()).toHaveLength(1);
  });

  test("a server that moves is protected as where it is, and needs the access token of that account", async () => {
    Object.assign(values, {
      "postject-staging:accessToken": await reference.mintAccessToken(reference.addAccount()),
      "postject-staging:deletionProtection": "false",
    });
    const moved = { name: "A", account: "staging" };
    expect(await checked({ name: "A" }, moved)).toEqual([expect.stringContaining("[deletion-protected]")]);
    // The engine checks again without old inputs before it replaces the server.
    const identified = { name: "A", __autoName: "app" };
    expect(await checked(moved, identified)).toEqual([]);
    expect(await checked({}, identified)).toEqual([]);
    delete values["postject:accessToken"];
    await host.configure({ config: { get: (key: string) => values[key] } });
    expect(await checked({ name: "A" }, moved)).toEqual([expect.stringContaining("[access-token-missing]")]);
  });

  test("that is not known yet, a check says that it must be", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    expect(await checked({}, { account: unknown })).toEqual(["must be known when the program runs"]);
  });
});
