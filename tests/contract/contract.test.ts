import { type Client, createClient, startDeadline } from "../../provider/client";
import { errorBody, messages } from "../../provider/spec/messages";
import { type ContractTarget, openContractTarget } from "../support/contract-target";

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

// At once, so that the smaller plans can run it too.
afterEach(() => target.cleanUp());

afterAll(() => target.close());

const send = (method: string, path: string, init: { body?: string; headers?: Record<string, string> } = {}) =>
  fetch(target.url + path, {
    method,
    ...init,
    headers: {
      authorization: `Bearer ${target.accessToken}`,
      "content-type": "application/json",
      ...init.headers,
    },
  });

const create = (purpose: string) => client.createServer({ name: target.name(purpose) }, startDeadline());

const CREATED_AT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

test("a create answers 201 with id, name, server token, time and three streams", async () => {
  const name = target.name("create");
  const answer = await send("POST", "/v1/servers", { body: JSON.stringify({ name }) });
  expect(answer.status).toBe(201);
  expect(await answer.json()).toMatchObject({
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
  const answer = await send("GET", `/v1/servers/${created.id}`);
  expect(answer.status).toBe(200);
  const got = messages.getServer.response.parse(await answer.json());
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

test("a list has every server with the number of its streams, and no streams", async () => {
  const { id, name, token } = await create("list");
  const answer = await send("GET", "/v1/servers");
  expect(answer.status).toBe(200);
  const listed: unknown = await answer.json();
  expect(listed).toContainEqual({ id, name, token, createdAt: CREATED_AT, _count: { streams: 3 } });
});

test("a delete answers message and id, and the server is gone", async () => {
  const { id } = await create("delete");
  const answer = await send("DELETE", `/v1/servers/${id}`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ message: "Server deleted successfully", id });
  await expect(client.getServer(id, startDeadline())).rejects.toMatchObject({ code: "not-found" });
  expect((await client.listServers(startDeadline())).map((server) => server.id)).not.toContain(id);
});

test("two servers may have the same name", async () => {
  const [first, second] = [await create("same"), await create("same")];
  expect(second.name).toBe(first.name);
  expect(second.id).not.toBe(first.id);
});

test.each(["GET", "DELETE"])("%s of a server that never was is a 404 in the error shape", async (method) => {
  const answer = await send(method, "/v1/servers/clx0000000000000000000000");
  expect(answer.status).toBe(404);
  expect(errorBody.parse(await answer.json())).toMatchObject({ statusCode: 404 });
});

test.each([
  ["missing", ""],
  ["malformed", "Bearer nonsense"],
  ["of another kind", "Basic abc"],
])("an access token that is %s is a 401 in the error shape", async (_, authorization) => {
  const answer = await send("GET", "/v1/servers", { headers: { authorization } });
  expect(answer.status).toBe(401);
  expect(errorBody.parse(await answer.json())).toMatchObject({ statusCode: 401 });
});

test.each([
  ["without a name", "{}"],
  ["with a name of another type", '{"name":5}'],
  ["that is no JSON", "{"],
])("a create %s is a 400 in the error shape, and makes nothing", async (_, body) => {
  const before = (await client.listServers(startDeadline())).length;
  const answer = await send("POST", "/v1/servers", { body });
  expect(answer.status).toBe(400);
  expect(errorBody.parse(await answer.json())).toMatchObject({ statusCode: 400 });
  expect(await client.listServers(startDeadline())).toHaveLength(before);
});
