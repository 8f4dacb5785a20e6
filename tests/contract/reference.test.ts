import { type Client, createClient, getServer, startDeadline } from "../../provider/client";
import { type Reference, startReference } from "../../provider/reference";

let reference: Reference;
let client: Client;

function connect(accessToken = reference.accessToken): Client {
  return createClient({
    accessToken,
    endpoint: reference.url,
    maxRetries: 3,
    requestTimeoutMs: 2000,
    random: () => 0,
  });
}

beforeEach(async () => {
  reference = await startReference();
  client = connect();
});

afterEach(() => reference.stop());

const send = (method: string, path: string, init: RequestInit = {}) =>
  fetch(reference.url + path, {
    method,
    ...init,
    headers: {
      authorization: `Bearer ${reference.accessToken}`,
      "content-type": "application/json",
      ...(init.headers as Record<string, string> | undefined),
    },
  });

test("the client says who it is, and what account its token is of", async () => {
  await client.listServers(startDeadline());
  expect(reference.requests()[0]?.userAgent).toMatch(/^pulumi-postject\/\d/);
  expect(client.accountId).toBe(reference.account.id);
});

test("another account's server is as unknown as one that never was", async () => {
  const { id } = await client.createServer({ name: "A" }, startDeadline());
  const other = connect(await reference.mintAccessToken(reference.addAccount()));
  await expect(other.getServer(id, startDeadline())).rejects.toMatchObject({ code: "not-found" });
  await expect(other.deleteServer(id, startDeadline())).rejects.toMatchObject({ code: "not-found" });
  expect(reference.servers()).toHaveLength(1);
});

test("the plan's limit is a 403 that says so", async () => {
  const account = reference.addAccount({ plan: "starter" });
  const starter = connect(await reference.mintAccessToken(account));
  for (const name of ["A", "B", "C"]) await starter.createServer({ name }, startDeadline());
  await expect(starter.createServer({ name: "D" }, startDeadline())).rejects.toThrow(
    "Plan limit reached: the Starter plan allows 3, the account has 3",
  );
});

test.each([
  ["missing", "", "Missing access token"],
  ["malformed", "Bearer nonsense", "Invalid access token"],
  ["of another kind", "Basic abc", "Missing access token"],
])("an access token that is %s is a 401 in the API's shape", async (_, authorization, message) => {
  const answer = await send("GET", "/v1/servers", { headers: { authorization } });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toEqual({
    statusCode: 401,
    message: expect.stringContaining(message),
    error: "Unauthorized",
  });
});

test.each([
  ["expired", { expiresInSeconds: -1 }, "has expired"],
  ["wrongly signed", { wrongSignature: true }, "Invalid access token"],
  ["of nobody", { withoutSubject: true }, "belongs to no account"],
])("an access token that is %s is refused", async (_, options, message) => {
  const token = await reference.mintAccessToken(reference.account, options);
  const answer = await send("GET", "/v1/servers", { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(401);
  expect(((await answer.json()) as { message: unknown }).message).toContain(message);
});

test.each([
  ["no name", "{}", 400, ["name must be a string"]],
  ["a wrong type", '{"name":5}', 400, ["name must be a string"]],
  ["an empty name", '{"name":""}', 400, ["name must not be empty or blank"]],
  ["an unknown key", '{"name":"A","plan":"x"}', 400, ["property plan should not exist"]],
  ["no object", "[]", 400, ["the body must be an object"]],
  ["no JSON", "{", 400, "The body is not valid JSON"],
  ["too much", JSON.stringify({ name: "x".repeat(200_000) }), 413, "The body is too large"],
])("a body with %s is refused and names what is wrong", async (_, body, status, message) => {
  const answer = await send("POST", "/v1/servers", { body });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ statusCode: status, message });
  expect(reference.servers()).toEqual([]);
});

test.each([
  ["GET", "/v1/nothing", 404],
  ["GET", "/v1/servers/", 404],
  ["GET", "/v1/servers/a/b", 404],
  ["PUT", "/v1/servers", 405],
  ["PATCH", "/v1/servers/x", 405],
  ["POST", "/v1/servers/x", 405],
])("%s %s is answered with %i", async (method, path, status) => {
  const answer = await send(method, path);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ statusCode: status });
});

test("several reference APIs run side by side and know nothing of each other", async () => {
  const other = await startReference();
  await client.createServer({ name: "A" }, startDeadline());
  expect(other.servers()).toEqual([]);
  const stranger = createClient({
    accessToken: reference.accessToken,
    endpoint: other.url,
    maxRetries: 0,
    requestTimeoutMs: 2000,
  });
  await expect(stranger.listServers(startDeadline())).rejects.toThrow("[unauthorized]");
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
  await expect(getServer(client, {}, startDeadline())).rejects.toThrow("either `id` or `name`");
});

test("an answer with unknown keys is read, and one that lacks some is an error that names them", async () => {
  const { id } = await client.createServer({ name: "A" }, startDeadline());
  const live = await client.getServer(id, startDeadline());
  const answer = (body: unknown) =>
    reference.faults.add({ route: "getServer", outcome: { kind: "response", status: 200, body } });
  answer({ ...live, region: "eu" });
  expect(await client.getServer(id, startDeadline())).toEqual(live);
  answer({ ...live, token: undefined, streams: [{ id: "x" }] });
  await expect(client.getServer(id, startDeadline())).rejects.toThrow(/token: .*; streams\.0\.name: /);
});
