import { type Client, createClient, startDeadline } from "../../provider/client";
import { errorBody, messages } from "../../provider/spec/messages";
import { type ContractTarget, openContractTarget } from "../support/contract-target";
import { send } from "../support/send";

let target: ContractTarget;
let client: Client;

beforeAll(async () => {
  target = await openContractTarget();
  client = createClient({
    accessToken: target.accessToken,
    endpoint: target.url,
    maxRetries: 3,
    requestTimeoutMs: 30_000,
  });
});

// After each test, so that the suite fits into a small plan.
afterEach(() => target.cleanUp());

afterAll(() => target.close());

const create = (purpose: string) => client.createServer({ name: target.name(purpose) }, startDeadline());

const CREATED_AT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

test("a create returns 201 with id, name, server token, time and three streams", async () => {
  const name = target.name("create");
  const response = await send(target, "POST", "/v1/servers", { body: { name } });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({
    id: expect.stringMatching(/^c[0-9a-z]{24}$/),
    name,
    token: expect.stringMatching(/^pt_live_[0-9a-z]{32}$/),
    createdAt: CREATED_AT,
    streams: ["Transactional", "Broadcast", "Inbound"].map((stream) => ({
      id: expect.any(String),
      name: stream,
      type: stream.toLowerCase(),
    })),
  });
});

test("a get adds slug, description and time to each stream", async () => {
  const created = await create("get");
  const response = await send(target, "GET", `/v1/servers/${created.id}`);
  expect(response.status).toBe(200);
  const got = messages.getServer.response.parse(await response.json());
  expect(got).toMatchObject({ id: created.id, name: created.name, token: created.token });
  expect(got.streams).toHaveLength(3);
  expect(got.streams[0]).toEqual({
    id: expect.any(String),
    name: "Transactional",
    slug: "transactional",
    type: "transactional",
    description: "Password resets, receipts, and account notifications",
    createdAt: CREATED_AT,
  });
});

test("a list shows each server with the number of its streams, but without them", async () => {
  const { id, name, token } = await create("list");
  const response = await send(target, "GET", "/v1/servers");
  expect(response.status).toBe(200);
  const listed: unknown = await response.json();
  expect(listed).toContainEqual({ id, name, token, createdAt: CREATED_AT, _count: { streams: 3 } });
});

test("a delete returns a message and the id, and the server is gone", async () => {
  const { id } = await create("delete");
  const response = await send(target, "DELETE", `/v1/servers/${id}`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ message: "Server deleted successfully", id });
  await expect(client.getServer(id, startDeadline())).rejects.toMatchObject({ code: "not-found" });
  expect((await client.listServers(startDeadline())).map((server) => server.id)).not.toContain(id);
});

test("two servers may have the same name", async () => {
  const [first, second] = [await create("same"), await create("same")];
  expect(second.name).toBe(first.name);
  expect(second.id).not.toBe(first.id);
});

test.each(["GET", "DELETE"])(
  "%s of a server that never existed is a 404 in the error shape",
  async (method) => {
    const response = await send(target, method, "/v1/servers/clx0000000000000000000000");
    expect(response.status).toBe(404);
    expect(errorBody.parse(await response.json())).toMatchObject({ statusCode: 404 });
  },
);

test.each([
  ["missing", ""],
  ["malformed", "Bearer nonsense"],
  ["of another scheme", "Basic abc"],
])("an access token that is %s is a 401 in the error shape", async (_, authorization) => {
  const response = await send(target, "GET", "/v1/servers", { headers: { authorization } });
  expect(response.status).toBe(401);
  expect(errorBody.parse(await response.json())).toMatchObject({ statusCode: 401 });
});

test.each([
  ["without a name", "{}"],
  ["with a name of another type", '{"name":5}'],
  ["that is not JSON", "{"],
])("a create %s is a 400 in the error shape, and creates nothing", async (_, body) => {
  const before = (await client.listServers(startDeadline())).length;
  const response = await send(target, "POST", "/v1/servers", { body });
  expect(response.status).toBe(400);
  expect(errorBody.parse(await response.json())).toMatchObject({ statusCode: 400 });
  expect(await client.listServers(startDeadline())).toHaveLength(before);
});
