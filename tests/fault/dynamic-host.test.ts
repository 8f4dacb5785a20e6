import { type Reference, startReference } from "../../provider/reference";

type DynamicHost = typeof import("../../provider/hosts/dynamic");

let reference: Reference;
let host: DynamicHost;

beforeEach(async () => {
  reference = await startReference();
  jest.resetModules();
  host = require("../../provider/hosts/dynamic") as DynamicHost;
});

afterEach(() => reference.stop());

const PROVIDER = { __provider: "kept" };
const config = () => ({
  config: {
    get: (key: string) =>
      ({ "postject:endpoint": reference.url, "postject:accessToken": reference.accessToken })[key],
  },
});

test("two first calls at once find the provider configured, although nobody waited for configure", async () => {
  void host.configure(config());
  const made = await Promise.all([
    host.create({ name: "A", ...PROVIDER }),
    host.create({ name: "B", ...PROVIDER }),
  ]);
  expect(made.map(({ id }) => id).toSorted()).toEqual(
    reference
      .servers()
      .map(({ id }) => id)
      .toSorted(),
  );
  expect(reference.requests({ route: "listServers" })).toHaveLength(1);
});

test("a partial create carries id, token and the provider string, so that a later delete works", async () => {
  await host.configure(config());
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  reference.faults.add({ route: "getServer", outcome: { kind: "response", status: 400, body: "no" } });
  const error: unknown = await host.create({ name: "A", ...PROVIDER }).catch((caught: unknown) => caught);
  const [server] = reference.servers();
  expect(error).toMatchObject({
    id: server?.id,
    properties: { name: "A", token: server?.token, ...PROVIDER },
    reasons: [expect.stringContaining("[create-incomplete]")],
  });
});

test("a gone server is read as an empty id", async () => {
  await host.configure(config());
  const { id, outs } = await host.create({ name: "A", ...PROVIDER });
  reference.reset();
  // It is no new server any more.
  reference.clock.advance(16_000);
  expect(await host.read(id, { ...outs })).toEqual({ id: "", props: {} });
});

test("a user's error has no stack trace, a defect keeps its own", async () => {
  await host.configure(config());
  const user: Error = (await host
    .read("clxnope", { name: "A", accountId: "acct_other" })
    .catch((error: Error) => error)) as Error;
  expect(`${user}: ${user.stack}`).toBe("postject [absence-unproven]: see the error at the resource");
  const defect = (await host.create({}).catch((error: Error) => error)) as Error;
  expect(defect.stack).toContain("lifecycle");
});
