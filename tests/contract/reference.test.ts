import { startReference } from "pulumi-postject/reference";
import { type Client, createClient, startDeadline } from "../../provider/client";
import { getServer } from "../../provider/lifecycle";
import { useReference } from "../support/fixtures";
import { create, send } from "../support/send";

const reference = useReference();
let client: Client;

beforeEach(() => {
  client = createClient({
    accessToken: reference.accessToken,
    endpoint: reference.url,
    maxRetries: 3,
    requestTimeoutMs: 2000,
    random: () => 0,
  });
});

test("the client names itself, and the account of its token", async () => {
  await client.listServers(startDeadline());
  expect(reference.requests()[0]?.userAgent).toMatch(/^pulumi-postject\/\d/);
  expect(client.accountId).toBe(reference.account.id);
});

test("another account's server is a 404, like one that never existed", async () => {
  const { id } = await create(reference, "A");
  const accessToken = await reference.mintAccessToken(reference.addAccount());
  for (const method of ["GET", "DELETE"])
    expect((await send(reference, method, `/v1/servers/${id}`, { accessToken })).status).toBe(404);
  expect(reference.servers()).toHaveLength(1);
});

test("the plan's limit is a 403 that says so", async () => {
  const accessToken = await reference.mintAccessToken(reference.addAccount({ plan: "starter" }));
  for (const name of ["A", "B", "C"]) await create(reference, name, accessToken);
  const response = await send(reference, "POST", "/v1/servers", { accessToken, body: { name: "D" } });
  expect(await response.json()).toEqual({
    statusCode: 403,
    message: "Plan limit reached: the Starter plan allows 3, the account has 3",
    error: "Forbidden",
  });
});

test.each([
  ["missing", "", "Missing access token"],
  ["malformed", "Bearer nonsense", "Invalid access token"],
  ["of another scheme", "Basic abc", "Missing access token"],
])("an access token that is %s is a 401 in the API's shape", async (_, authorization, message) => {
  const response = await send(reference, "GET", "/v1/servers", { headers: { authorization } });
  expect(response.status).toBe(401);
  expect(await response.json()).toEqual({
    statusCode: 401,
    message: expect.stringContaining(message),
    error: "Unauthorized",
  });
});

test.each([
  ["expired", { expiresInSeconds: -1 }, "has expired"],
  ["wrongly signed", { wrongSignature: true }, "Invalid access token"],
  ["without a subject", { withoutSubject: true }, "belongs to no account"],
])("an access token that is %s is refused", async (_, options, message) => {
  const accessToken = await reference.mintAccessToken(reference.account, options);
  const response = await send(reference, "GET", "/v1/servers", { accessToken });
  expect(response.status).toBe(401);
  expect(((await response.json()) as { message: unknown }).message).toContain(message);
});

test.each([
  ["without a name", "{}", 400, ["name must be a string"]],
  ["with a name of another type", '{"name":5}', 400, ["name must be a string"]],
  ["with an empty name", '{"name":""}', 400, ["name must not be empty or blank"]],
  ["with an unknown key", '{"name":"A","plan":"x"}', 400, ["property plan should not exist"]],
  ["that is not an object", "[]", 400, ["the body must be an object"]],
  ["that is not JSON", "{", 400, "The body is not valid JSON"],
  ["that is too large", JSON.stringify({ name: "x".repeat(200_000) }), 413, "The body is too large"],
])("a body %s is refused with its problems", async (_, body, status, message) => {
  const response = await send(reference, "POST", "/v1/servers", { body });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ statusCode: status, message });
  expect(reference.servers()).toEqual([]);
});

test.each([
  ["GET", "/v1/nothing", 404],
  ["GET", "/v1/servers/", 404],
  ["GET", "/v1/servers/a/b", 404],
  ["PUT", "/v1/servers", 405],
  ["PATCH", "/v1/servers/x", 405],
  ["POST", "/v1/servers/x", 405],
])("%s %s returns %i", async (method, path, status) => {
  const response = await send(reference, method, path);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ statusCode: status });
});

test("references that run side by side know nothing of each other", async () => {
  const other = await startReference();
  await create(reference, "A");
  expect(other.servers()).toEqual([]);
  const { accessToken } = reference;
  expect((await send(other, "GET", "/v1/servers", { accessToken })).status).toBe(401);
  await other.stop();
});

test("a name that several servers share cannot be looked up, and the error lists their ids", async () => {
  const first = await client.createServer({ name: "Same" }, startDeadline());
  const second = await client.createServer({ name: "Same" }, startDeadline());
  await expect(getServer(client, { name: "Same" }, startDeadline())).rejects.toThrow(
    `${first.id}, ${second.id}`,
  );
  await expect(getServer(client, { name: "Nobody" }, startDeadline())).rejects.toThrow(
    'no server named "Nobody"',
  );
  await expect(getServer(client, {}, startDeadline())).rejects.toThrow("exactly one of `id` and `name`");
});

test("a response with unknown keys is read, and one that lacks some is an error that names them", async () => {
  const { id } = await client.createServer({ name: "A" }, startDeadline());
  const live = await client.getServer(id, startDeadline());
  const respond = (body: unknown) =>
    reference.faults.add({ route: "getServer", outcome: { kind: "response", status: 200, body } });
  respond({ ...live, region: "eu" });
  expect(await client.getServer(id, startDeadline())).toEqual(live);
  respond({ ...live, token: undefined, streams: [{ id: "x" }] });
  await expect(client.getServer(id, startDeadline())).rejects.toThrow(/token: .*; streams\.0\.name: /);
});
