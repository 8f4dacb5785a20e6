import { setTimeout as sleep } from "node:timers/promises";
import {
  type FaultOutcome,
  type FaultRule,
  type LoggedRequest,
  type Reference,
  startReference,
} from "pulumi-postject/reference";
import { createRequestLog } from "../../provider/reference/request-log";
import { useReference } from "../support/fixtures";
import { control as controlOf, send } from "../support/send";

const reference = useReference({ plan: "starter" });

const control = (method: string, path: string, body?: unknown) => controlOf(reference, method, path, body);

const list = (accessToken = reference.accessToken, timeoutMs = 10_000) =>
  send(reference, "GET", "/v1/servers", { accessToken, signal: AbortSignal.timeout(timeoutMs) });

test("health and version respond without an access token", async () => {
  expect(await control("GET", "health")).toEqual({ status: 200, body: { status: "ok" } });
  expect(await control("GET", "version")).toEqual({
    status: 200,
    body: { name: "postject-reference", version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
  });
});

test("a seed adds accounts and servers, all or none, beyond the plan's limit", async () => {
  const servers = [
    ...["A", "B", "C", "D"].map((name) => ({ name })),
    { name: "Of another", accountId: "acct_other", streams: [{ name: "Weekly News", type: "broadcast" }] },
  ];
  const accounts = [{ id: "acct_other" }, { id: "acct_reference", plan: "free" }];
  expect((await control("POST", "seed", { accounts, servers })).status).toBe(204);
  expect(reference.account.plan).toBe("free");
  expect(reference.servers(reference.account.id).map(({ name }) => name)).toEqual(["A", "B", "C", "D"]);
  expect(reference.servers("acct_other")[0]?.streams).toEqual([
    expect.objectContaining({
      name: "Weekly News",
      slug: "weekly-news",
      type: "broadcast",
      description: null,
    }),
  ]);
  const id = reference.servers()[0]?.id;
  expect(await control("POST", "seed", { servers: [{ name: "E" }, { name: "F", id }] })).toMatchObject({
    status: 409,
    body: { message: `Server ${id} already exists` },
  });
  expect(reference.servers()).toHaveLength(5);
});

test("a snapshot restores another reference to the byte, and existing access tokens keep working", async () => {
  const first = await startReference();
  first.seed({ accounts: [{ id: "acct_b", plan: "scale", serverLimit: 4 }], servers: [{ name: "A" }] });
  first.seed({ servers: [{ name: "B", accountId: "acct_b" }] });
  const { body: snapshot } = await controlOf(first, "GET", "snapshot");
  expect((await control("POST", "restore", snapshot)).status).toBe(204);
  const read = async ({ url }: Reference) => (await fetch(`${url}/_reference/snapshot`)).text();
  const text = await read(reference);
  expect(text).toBe(await read(first));
  expect(text).toMatch(/^\{\n {2}"formatVersion": 1,\n/);
  expect(await (await list()).json()).toMatchObject([{ name: "A" }]);
  await first.stop();
});

test("a snapshot with a server of an account that it lacks is refused and changes nothing", async () => {
  reference.seed({ servers: [{ name: "A" }] });
  const now = reference.snapshot();
  const servers = now.servers.map((server) => ({ ...server, accountId: "acct_x" }));
  const { status, body } = await control("POST", "restore", { ...now, servers });
  expect([status, body.message]).toEqual([400, "Account acct_x does not exist"]);
  expect(reference.snapshot()).toEqual(now);
});

test.each([
  ["of another format", { formatVersion: 2 }, "formatVersion: "],
  ["without the first account", { accounts: [], servers: [] }, "lacks the first account, acct_reference"],
])("a snapshot %s is refused and changes nothing", async (_, wrong, message) => {
  reference.seed({ servers: [{ name: "A" }] });
  const now = reference.snapshot();
  const { status, body } = await control("POST", "restore", { ...now, ...wrong });
  expect(status).toBe(400);
  expect(String(body.message)).toContain(message);
  expect(reference.snapshot()).toEqual(now);
});

test("a new account gets an access token, and its limit applies", async () => {
  const { status, body } = await control("POST", "accounts", {
    plan: "scale",
    serverLimit: 2,
    id: "acct_new",
  });
  expect({ status, body }).toEqual({
    status: 201,
    body: { id: "acct_new", plan: "scale", serverLimit: 2, accessToken: expect.any(String) },
  });
  expect((await list(body.accessToken)).status).toBe(200);
  expect((await control("GET", "accounts")).body).toEqual([
    { id: "acct_reference", plan: "starter" },
    { id: "acct_new", plan: "scale", serverLimit: 2 },
  ]);
  expect((await control("POST", "accounts", { id: "acct_new" })).status).toBe(409);
});

test.each([
  ["a valid one", {}, 200],
  ["one that has expired", { expiresInSeconds: -1 }, 401],
  ["one with a wrong signature", { wrongSignature: true }, 401],
  ["one without a subject", { withoutSubject: true }, 401],
  ["one with other claims", { claims: { sub: "acct_nobody" } }, 401],
])("an access token is minted: %s", async (_, body, status) => {
  const minted = await control("POST", "access-tokens", body);
  expect(minted.status).toBe(201);
  expect((await list(minted.body.accessToken)).status).toBe(status);
  // Once more, now that valid ones are remembered.
  expect((await list(minted.body.accessToken)).status).toBe(status);
});

test("a valid token is refused once it has expired, and once its account is gone", async () => {
  const short = await reference.mintAccessToken(reference.account, { expiresInSeconds: 1 });
  expect((await list(short)).status).toBe(200);
  const other = reference.addAccount();
  const token = await reference.mintAccessToken(other);
  expect((await list(token)).status).toBe(200);
  reference.restore({ ...reference.snapshot(), accounts: [reference.account] });
  expect((await list(token)).status).toBe(401);
  jest.useFakeTimers({
    now: Date.now() + 1001,
    doNotFake: ["setTimeout", "setInterval", "setImmediate", "nextTick", "queueMicrotask", "performance"],
  });
  const late = await list(short);
  jest.useRealTimers();
  expect(late.status).toBe(401);
});

test("faults are listed until they are used up or removed", async () => {
  const rule = {
    route: "listServers",
    skip: 1,
    times: 2,
    outcome: { kind: "response", status: 418, body: "teapot" },
  };
  expect(await control("POST", "faults", rule)).toEqual({ status: 201, body: rule });
  const statuses = [await list(), await list()].map(({ status }) => status);
  expect(statuses).toEqual([200, 418]);
  expect((await control("GET", "faults")).body).toEqual([{ ...rule, addedAt: expect.any(String), seen: 2 }]);
  expect((await list()).status).toBe(418);
  expect((await control("GET", "faults")).body).toEqual([]);
  await control("POST", "faults", rule);
  expect((await control("DELETE", "faults")).status).toBe(204);
  expect(reference.faults.list()).toEqual([]);
});

const outcomes: readonly FaultOutcome[] = [
  { kind: "delay", ms: 1 },
  { kind: "drip", ms: 0 },
  { kind: "stale" },
  { kind: "response", status: 418 },
  { kind: "huge", bytes: 1000 },
  { kind: "truncate" },
  { kind: "reset" },
  { kind: "hang" },
];

test.each(outcomes)(
  "the log shows the status that a client got in spite of a fault: $kind",
  async (outcome) => {
    reference.faults.add({ outcome });
    const received = await list(reference.accessToken, 500)
      .then(async (response) => {
        await response.text();
        return response.status;
      })
      .catch(() => undefined);
    expect(reference.requests()).toMatchObject([{ fault: outcome.kind }]);
    expect(reference.requests()[0]?.status).toBe(received);
  },
);

test("an invalid fault is refused with all its problems", async () => {
  const { status, body } = await control("POST", "faults", {
    route: "nothing",
    outcome: { kind: "response", headers: { "a b": "c", d: "\n" } },
  });
  expect(status).toBe(400);
  expect(body.message).toEqual([
    expect.stringContaining("route: "),
    expect.stringContaining("outcome.status: "),
    expect.stringContaining("outcome.headers.a b: "),
    expect.stringContaining("outcome.headers.d: "),
  ]);
});

test("the log of requests can be counted and filtered, and leaves the control plane out", async () => {
  await list();
  await list("nonsense");
  await fetch(`${reference.url}/v1/servers/pt_live_secret?token=eyJabc.def`, { method: "DELETE" });
  const { body } = await control("GET", "requests?status=401&limit=1");
  expect(body).toEqual({
    count: 3,
    requests: [
      expect.objectContaining({ method: "DELETE", path: "/v1/servers/[token]", route: "deleteServer" }),
    ],
  });
  expect(
    (await control("GET", "requests?route=listServers&accountId=acct_reference")).body.requests,
  ).toHaveLength(1);
  expect((await control("GET", "requests?status=x")).status).toBe(400);
  expect(JSON.stringify(reference.requests())).not.toMatch(/secret|eyJ/);
});

test("the log keeps the last requests and counts all of them", () => {
  const log = createRequestLog(3);
  for (let status = 1; status <= 8; status++) log.add({ status } as LoggedRequest);
  expect(log.list().map(({ status }) => status)).toEqual([6, 7, 8]);
  expect(log.count()).toBe(8);
});

test("servers can be listed, counted and renamed, and a reset removes them", async () => {
  reference.seed({ servers: [{ name: "A" }, { name: "B" }] });
  const { body } = await control("GET", "servers?limit=1");
  expect(body).toMatchObject({ count: 2, servers: [{ name: "B" }] });
  expect((await control("PATCH", `servers/${body.servers[0].id}`, { name: "Z" })).status).toBe(204);
  expect(reference.servers().map(({ name }) => name)).toEqual(["A", "Z"]);
  expect((await control("PATCH", "servers/nothing", { name: "Z" })).status).toBe(404);
  expect((await control("POST", "reset")).status).toBe(204);
  expect([reference.servers(), reference.requestCount()]).toEqual([[], 0]);
});

// What a program in JavaScript, or one that reads its data from a file, may pass.
// biome-ignore lint/suspicious/noExplicitAny: it has none of the types that the methods take
const nonsense = (value: unknown) => value as any;

test("methods refuse what the control plane refuses", async () => {
  const plan = nonsense("gold");
  expect(() => reference.addAccount({ plan })).toThrow("plan: Invalid option");
  expect(() => reference.addAccount({ id: "" })).toThrow("id: ");
  expect(() => reference.addAccount({ plan: "starter", serverLimit: 5 })).toThrow(
    "serverLimit: only the plan scale has an agreed limit",
  );
  expect(() => reference.seed({ servers: [{ name: " " }] })).toThrow(
    "servers.0.name: must not be empty or blank",
  );
  expect(() => reference.restore(nonsense({ formatVersion: 2 }))).toThrow("formatVersion: ");
  expect(() => reference.faults.add({ outcome: nonsense({ kind: "rest" }) })).toThrow("outcome.kind: ");
  await expect(reference.mintAccessToken(undefined, { expiresInSeconds: 0.5 })).rejects.toThrow(
    "expiresInSeconds: ",
  );
  await expect(reference.mintAccessToken({ id: "nobody" })).rejects.toThrow("Account nobody does not exist");
  for (const options of [
    { plan },
    { plan: "growth", serverLimit: 5 } as const,
    { serverLimit: 5 },
    { seed: { servers: [{ name: "" }] } },
    { faults: [{ outcome: { kind: plan } }] },
  ])
    await expect(startReference(options)).rejects.toThrow(
      /plan: |serverLimit: |servers.0.name: |outcome.kind: /,
    );
  expect([reference.accounts().length, reference.servers(), reference.faults.list()]).toEqual([1, [], []]);
});

test("methods return copies", () => {
  reference.seed({ servers: [{ name: "A" }] });
  const rule: FaultRule = { outcome: { kind: "delay", ms: 5 } };
  reference.faults.add(rule);
  const read = () => [
    reference.snapshot(),
    reference.servers(),
    reference.accounts(),
    reference.faults.list(),
  ];
  const before = JSON.stringify(read());
  const change = (value: object): void => {
    for (const [key, part] of Object.entries(value))
      if (typeof part === "object" && part !== null) change(part);
      else Object.assign(value, { [key]: "changed" });
  };
  change(read());
  change(rule);
  expect(JSON.stringify(read())).toBe(before);
});

test.each(["limit=", "limit=%20", "limit=1e1", "limit=-1", "limit=0x1", "status="])(
  "a query %s is refused",
  async (query) => expect((await control("GET", `requests?${query}`)).status).toBe(400),
);

test("a long list of problems is cut short, and a value that is nested too deeply is refused", async () => {
  const servers = Array.from({ length: 1000 }, () => ({ name: "" }));
  const { status, body } = await control("POST", "seed", { servers });
  expect([status, body.message.length, body.message.at(-1)]).toEqual([400, 21, "and 980 more problems"]);
  const keys = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`x${at}`, 1]));
  const refused = await send(reference, "POST", "/v1/servers", { body: { name: "A", ...keys } });
  expect(((await refused.json()) as { message: string[] }).message).toHaveLength(21);
  const levels = 50_000;
  const deep = `{"outcome":{"kind":"response","status":200,"body":${"[".repeat(levels)}${"]".repeat(levels)}}}`;
  expect(await control("POST", "faults", deep)).toMatchObject({
    status: 400,
    body: { message: "the body: nested too deeply" },
  });
});

test.each(["delay", "drip"])("a %s longer than any timer can wait is refused", async (kind) => {
  expect((await control("POST", "faults", { outcome: { kind, ms: 2 ** 31 } })).status).toBe(400);
  expect((await control("POST", "faults", { outcome: { kind, ms: 2 ** 31 - 1 } })).status).toBe(201);
});

test("a stop lets requests in flight finish, and accepts no new ones", async () => {
  reference.faults.add({ outcome: { kind: "delay", ms: 300 } });
  const slow = list();
  while (reference.requestCount() === 0) await sleep(5);
  const stopped = reference.stop();
  await expect(fetch(`${reference.url}/_reference/health`)).rejects.toThrow();
  expect((await slow).status).toBe(200);
  await stopped;
});

test.each([
  ["a response that never comes is not awaited", { kind: "hang" }, 0, 500],
  ["a slower one is cut off after a second", { kind: "delay", ms: 60_000 }, 900, 3000],
] as const)("at a stop, %s", async (_, outcome, atLeastMs, atMostMs) => {
  reference.faults.add({ outcome });
  const failed = list().catch(() => "cut off");
  while (reference.requestCount() === 0) await sleep(5);
  const started = performance.now();
  await reference.stop();
  const elapsedMs = performance.now() - started;
  expect(elapsedMs).toBeGreaterThanOrEqual(atLeastMs);
  expect(elapsedMs).toBeLessThan(atMostMs);
  expect(await failed).toBe("cut off");
});
