import type { FaultOutcome } from "../../provider/reference";
import { startReference } from "../../provider/reference";
import { refuse, respond } from "../support/faults";
import { useReference } from "../support/fixtures";
import { type Operations, startOperations } from "../support/operations";

// What a create makes of an unclear outcome, and what ends an operation. Plain cases are in hosts.test.ts.

const reference = useReference();

/** One run of the provider: it knows nothing of runs before it. */
const startRun = (options: Partial<Parameters<typeof startOperations>[0]> = {}): Operations =>
  startOperations({ accessToken: reference.accessToken, endpoint: reference.url, ...options });

const create = (name: string, run = startRun()) => run.create({ inputs: { name } });

const posts = () => reference.requests({ method: "POST" }).length;
const idsOnApi = () => reference.servers().map(({ id }) => id);

const lose = (commit = true) =>
  reference.faults.add({ route: "createServer", commit, outcome: { kind: "reset" } });

test("a success with a readable id is identified by that id, without a search", async () => {
  const run = startRun();
  const { id } = await create("Before", run);
  reference.faults.add({ route: "getServer", outcome: respond(404, "<html>") });
  reference.faults.add({
    route: "createServer",
    commit: false,
    outcome: respond(201, { id: "clxnew", token: "pt_live_x" }),
  });
  await expect(create("A", run)).rejects.toMatchObject({
    code: "create-incomplete",
    id: "clxnew",
    state: { name: "A", token: "pt_live_x" },
  });
  reference.faults.add({ route: "createServer", outcome: respond(201, { id }) });
  expect((await create("B", run)).id).not.toBe(id);
});

test("a server that was there before is never the outcome of a lost create", async () => {
  await create("A");
  const inputs = { name: "A", allowDuplicateName: true };
  lose(false);
  await expect(startRun().create({ inputs, timeoutMs: 2500 })).rejects.toThrow(
    /No new server of that name is listed.*Look at the account's servers/,
  );
  lose();
  const { id } = await startRun().create({ inputs });
  expect(idsOnApi().indexOf(id)).toBe(1);
});

test("a new server that the first lists lack is looked for again", async () => {
  const run = startRun();
  await create("Before", run);
  lose();
  reference.faults.add({ route: "listServers", times: 2, outcome: { kind: "stale" } });
  expect((await create("A", run)).id).toBe(idsOnApi()[1]);
});

test.each([
  ["trimmed", " A ", "A"],
  ["in another Unicode form", "Cafe\u0301", "Caf\u00e9"],
])("a server whose name the API stores %s is found, and its name is taken", async (_, stored, asked) => {
  lose(false);
  reference.faults.add({ route: "listServers", outcome: respond(200, []) });
  reference.seed({ servers: [{ name: stored.trim() }] });
  const [server] = reference.servers();
  reference.faults.add({
    route: "listServers",
    times: 2,
    outcome: respond(200, [{ ...server, name: stored }]),
  });
  const { id, state } = await create(asked);
  expect({ id, name: state.name }).toEqual({ id: server?.id, name: asked });
  await expect(create(asked)).rejects.toThrow("[name-taken]");
});

test("of many servers that have the name, a message lists a few", async () => {
  reference.seed({ servers: Array.from({ length: 8 }, () => ({ name: "A" })) });
  await expect(create("A")).rejects.toThrow(/; and 3 more\)\.\n[\s\S]*, take \S+( or take \S+){4}\.\n/);
});

test("a response that names a server which was there before is not a creation, whether it is whole or not", async () => {
  await create("Theirs");
  const [theirs] = reference.servers();
  for (const [body, code] of [
    [{ ...theirs, name: "A" }, "[name-taken]"],
    [{ id: theirs?.id, token: theirs?.token }, "[create-unclear]"],
    [theirs, "[create-unclear]"],
  ] as const) {
    reference.faults.add({ route: "createServer", commit: false, outcome: respond(200, body) });
    await expect(startRun().create({ inputs: { name: "A" }, timeoutMs: 2500 })).rejects.toThrow(code);
  }
  expect(reference.servers()).toHaveLength(1);
  // A gateway shows it in place of the one that was created.
  reference.faults.add({ route: "createServer", outcome: respond(200, theirs) });
  expect((await create("A")).id).toBe(idsOnApi()[1]);
});

test("a response about another server is not believed, whether it is whole or not", async () => {
  const other = { id: "clxother", name: "B", token: "pt_live_b" };
  for (const body of [other, { ...other, createdAt: "2026-11-27T00:00:00.000Z", streams: [] }]) {
    reference.faults.add({ route: "createServer", outcome: respond(201, body) });
    const { id, state } = await create("A");
    const [{ token, ...server } = { id: "", token: "" }] = reference.servers();
    expect({ id, token: state.token }).toEqual({ id: server.id, token });
    reference.reset();
  }
});

test("a server whose name the API changes is known by the response's id, once no server of our name shows up", async () => {
  reference.seed({ servers: [{ name: "app" }] });
  const [server] = reference.servers();
  reference.faults.add({ route: "listServers", outcome: respond(200, []) });
  reference.faults.add({ route: "createServer", commit: false, outcome: respond(201, server) });
  const { accessToken, url: endpoint } = reference;
  const run = startOperations({ accessToken, endpoint }, { reconcileDelaysMs: [0, 1] });
  const { id, state } = await create("App", run);
  expect({ id, name: state.name }).toEqual({ id: server?.id, name: "App" });
  // One that has nothing to do with ours is somebody else's.
  reference.faults.add({ route: "listServers", outcome: respond(200, []) });
  reference.faults.add({ route: "createServer", commit: false, outcome: respond(201, server) });
  const other = startOperations({ accessToken, endpoint }, { reconcileDelaysMs: [0, 1] });
  await expect(create("Billing", other)).rejects.toThrow(`It may be one of these servers: ${server?.id}.`);
});

test("the error of a lost create says if the list that would show it could not be read", async () => {
  const run = startRun();
  await create("Before", run);
  lose(false);
  reference.faults.add({ route: "listServers", times: 99, outcome: respond(403) });
  await expect(run.create({ inputs: { name: "A" }, timeoutMs: 2500 })).rejects.toThrow(
    /The list that would show it could not be read \(.*\[create-unclear\]/,
  );
});

test("a reconciled server that cannot be read at once is read again", async () => {
  lose();
  reference.faults.add({ route: "getServer", times: 2, outcome: refuse(404, "Server not found") });
  expect((await create("A")).state.streams).toHaveLength(3);
});

test("several new servers of the name are an error with their ids, and none is taken", async () => {
  const run = startRun();
  await create("Before", run);
  // Somebody else creates one of the same name, after this run has looked and before its response is lost.
  const other = await create("A");
  lose();
  const failure = create("A", run);
  await expect(failure).rejects.toThrow("[create-unclear]");
  const [, , ours] = idsOnApi();
  await expect(failure).rejects.toThrow(
    `It may be one of these servers: ${other.id}, ${ours}. To make the right one this resource's own, take ${other.id} or take ${ours}`,
  );
});

test.each([
  ["names the limit", "Plan limit reached", undefined, /\[plan-limit\]/],
  [
    "says nothing",
    "Forbidden",
    undefined,
    /may be the plan's limit: the account has 1 server\. .*\[forbidden\]/,
  ],
  ["says nothing, on a full plan", "Forbidden", "free", /allows 1 server, and 1 exists.*\[plan-limit\]/],
] as const)("a 403 on a create that %s tells how many servers there are", async (_, message, plan, text) => {
  await create("Before");
  reference.faults.add({ route: "createServer", commit: false, outcome: refuse(403, message) });
  await expect(create("A", startRun(plan && { plan }))).rejects.toThrow(text);
});

test("a short deadline of one create does not end the list that others wait for", async () => {
  reference.faults.add({ route: "listServers", outcome: refuse(429, "slow down", { "retry-after": "3" }) });
  const run = startRun();
  const [short, long] = await Promise.allSettled([
    run.create({ inputs: { name: "A" }, timeoutMs: 2000 }),
    create("B", run),
  ]);
  expect(String((short as PromiseRejectedResult).reason)).toContain("[rate-limited]");
  expect(long.status).toBe("fulfilled");
});

test("a server that this run created is not adopted by another resource of it", async () => {
  const run = startRun();
  const { id } = await run.create({ owner: "app", inputs: { name: "A" } });
  await expect(run.create({ owner: "twin", inputs: { name: "A", adopt: id } })).rejects.toThrow(
    /another resource of the program has it.*`aliases`.*\[adopt-mismatch\]/,
  );
});

test.each<FaultOutcome>([{ kind: "hang" }, { kind: "drip", ms: 100 }, { kind: "delay", ms: 60_000 }])(
  "an operation ends at its deadline: %j",
  async (outcome) => {
    const { id, state } = await create("A");
    reference.faults.add({ route: "getServer", times: 99, outcome });
    // Were it the request's own timeout or the fault that ended it, the test would run into its limit or a
    // retry would pass.
    const run = startRun({ requestTimeoutMs: 10_000_000, maxRetries: 0 });
    await expect(run.read({ id, state, timeoutMs: 700 })).rejects.toThrow("[timeout]");
  },
);

test("a redirect is not followed, and the access token arrives nowhere else", async () => {
  const other = await startReference();
  const { id, state } = await create("A");
  const location = `${other.url}/v1/servers/${id}`;
  reference.faults.add({ route: "getServer", outcome: respond(302, "", { location }) });
  await expect(startRun().read({ id, state })).rejects.toThrow(
    /redirects to 127\.0\.0\.1:\d+, which is not followed/,
  );
  expect(other.requests()).toEqual([]);
  await other.stop();
});

test("an access token that expires during a run is refused from then on, and what was created is kept", async () => {
  const accessToken = await reference.mintAccessToken(reference.account, { expiresInSeconds: 1 });
  const run = startRun({ accessToken });
  const { id } = await create("A", run);
  await new Promise((done) => setTimeout(done, 1600));
  await expect(create("B", run)).rejects.toThrow("[access-token-expired]");
  expect(idsOnApi()).toEqual([id]);
});

test("a create that times out before its POST is sent leaves nothing in doubt", async () => {
  await expect(startRun().create({ inputs: { name: "A" }, timeoutMs: 1 })).rejects.toThrow("[timeout]");
  expect(idsOnApi()).toHaveLength(posts());
});
