import { type FaultOutcome, type Reference, startReference } from "../../provider/reference";
import { streamsOf } from "../support/account";
import { lostResponses } from "../support/lost-responses";
import { type Operations, startOperations } from "../support/operations";

let reference: Reference;

/** One run of the provider: it knows nothing of runs before it. */
function startRun(accessToken = reference.accessToken, requestTimeoutMs = 400): Operations {
  return startOperations({ accessToken, endpoint: reference.url, requestTimeoutMs });
}

beforeEach(async () => {
  reference = await startReference();
});

afterEach(() => reference.stop());

/** Creates a server and lets it get old enough that what does not find it counts. */
async function createSettled(name: string) {
  const stored = await startRun().create({ inputs: { name } });
  reference.clock.advance(SETTLING_MS);
  return stored;
}

const SETTLING_MS = 16_000;

const posts = () => reference.requests({ method: "POST" }).length;
const idsOnApi = () => reference.servers().map(({ id }) => id);

test.each(lostResponses)(
  "a create whose answer is lost to %s leaves exactly one server, stored as usual",
  async (_, outcome) => {
    reference.faults.add({ route: "createServer", outcome });
    const { id, state } = await startRun().create({ inputs: { name: "A" } });
    const [server] = reference.servers();
    expect(idsOnApi()).toEqual([id]);
    expect(state).toMatchObject({ name: "A", token: server?.token, streams: streamsOf(server) });
    expect(posts()).toBe(1);
  },
);

test.each(lostResponses)(
  "a create that %s kept from happening is not sent again, and is an error",
  async (_, outcome) => {
    reference.faults.add({ route: "createServer", commit: false, outcome });
    await expect(startRun().create({ inputs: { name: "A" }, timeoutMs: 2500 })).rejects.toThrow(
      "[create-unclear]",
    );
    expect(idsOnApi()).toEqual([]);
    expect(posts()).toBe(1);
  },
);

test("a success with a readable id is taken by that id, without a search", async () => {
  const run = startRun();
  await run.create({ inputs: { name: "Before" } });
  const id = idsOnApi()[0] ?? "";
  reference.faults.add({ route: "getServer", outcome: { kind: "response", status: 404, body: "<html>" } });
  reference.faults.add({
    route: "createServer",
    commit: false,
    outcome: { kind: "response", status: 201, body: { id: "clxnew", token: "pt_live_x" } },
  });
  await expect(run.create({ inputs: { name: "A" } })).rejects.toMatchObject({
    code: "create-incomplete",
    id: "clxnew",
    state: { name: "A", token: "pt_live_x" },
  });
  reference.faults.add({ route: "createServer", outcome: { kind: "response", status: 201, body: { id } } });
  expect((await run.create({ inputs: { name: "B" } })).id).not.toBe(id);
});

test("a server that was there before is never the outcome of a lost create", async () => {
  await startRun().create({ inputs: { name: "A" } });
  reference.faults.add({ route: "createServer", commit: false, outcome: { kind: "reset" } });
  const again = startRun().create({ inputs: { name: "A", allowDuplicateName: true }, timeoutMs: 2500 });
  await expect(again).rejects.toThrow(/No new server of that name is listed.*Look at the account's servers/);
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  const { id } = await startRun().create({ inputs: { name: "A", allowDuplicateName: true } });
  expect(idsOnApi().indexOf(id)).toBe(1);
});

test("a new server that is missing from the first lists is looked for again", async () => {
  const run = startRun();
  await run.create({ inputs: { name: "Before" } });
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  reference.faults.add({ route: "listServers", times: 2, outcome: { kind: "stale" } });
  const { id } = await run.create({ inputs: { name: "A" } });
  expect(idsOnApi()[1]).toBe(id);
});

test.each([
  ["trimmed", " A ", "A"],
  ["in another Unicode form", "Cafe\u0301", "Caf\u00e9"],
])("a server whose name the API stores %s is found, and its name is taken", async (_, stored, asked) => {
  reference.faults.add({ route: "createServer", commit: false, outcome: { kind: "reset" } });
  reference.faults.add({ route: "listServers", outcome: { kind: "response", status: 200, body: [] } });
  reference.seed({ servers: [{ name: stored.trim() }] });
  const [server] = reference.servers();
  reference.faults.add({
    route: "listServers",
    times: 2,
    outcome: { kind: "response", status: 200, body: [{ ...server, name: stored }] },
  });
  const { id, state } = await startRun().create({ inputs: { name: asked } });
  expect({ id, name: state.name }).toEqual({ id: server?.id, name: asked });
  await expect(startRun().create({ inputs: { name: asked } })).rejects.toThrow("[name-taken]");
});

test("a response that names a server which was there before is no creation, whether it is whole or not", async () => {
  await startRun().create({ inputs: { name: "Theirs" } });
  const [theirs] = reference.servers();
  for (const body of [
    { ...theirs, name: "A" },
    { id: theirs?.id, token: theirs?.token },
  ]) {
    reference.faults.add({
      route: "createServer",
      commit: false,
      outcome: { kind: "response", status: 200, body },
    });
    await expect(startRun().create({ inputs: { name: "A" }, timeoutMs: 2500 })).rejects.toThrow(
      /\[(name-taken|create-unclear)\]/,
    );
  }
  expect(reference.servers()).toHaveLength(1);
});

test("lists that could not be read are called that, not empty", async () => {
  const run = startRun();
  await run.create({ inputs: { name: "Before" } });
  reference.faults.add({ route: "createServer", commit: false, outcome: { kind: "reset" } });
  reference.faults.add({
    route: "listServers",
    times: 99,
    outcome: { kind: "response", status: 403, body: "" },
  });
  await expect(run.create({ inputs: { name: "A" }, timeoutMs: 2500 })).rejects.toThrow(
    /The list that would show it could not be read \(.*\[create-unclear\]/,
  );
});

test("a reconciled server that cannot be read at once is read again", async () => {
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  reference.faults.add({
    route: "getServer",
    times: 2,
    outcome: { kind: "response", status: 404, body: { statusCode: 404, message: "Server not found" } },
  });
  const { state } = await startRun().create({ inputs: { name: "A" } });
  expect(state.streams).toHaveLength(3);
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
  await startRun().create({ inputs: { name: "Before" } });
  reference.faults.add({
    route: "createServer",
    commit: false,
    outcome: { kind: "response", status: 403, body: { statusCode: 403, message } },
  });
  const connection = { accessToken: reference.accessToken, endpoint: reference.url };
  await expect(
    startOperations({ ...connection, ...(plan && { plan }) }).create({ inputs: { name: "A" } }),
  ).rejects.toThrow(text);
});

test("a short deadline of one create does not end the list that others wait for", async () => {
  reference.faults.add({
    route: "listServers",
    outcome: {
      kind: "response",
      status: 429,
      headers: { "retry-after": "3" },
      body: { statusCode: 429, message: "slow down" },
    },
  });
  const run = startRun();
  const [short, long] = await Promise.allSettled([
    run.create({ inputs: { name: "A" }, timeoutMs: 2000 }),
    run.create({ inputs: { name: "B" } }),
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

test("two creates of one name at once, both answers lost, are two servers in two states", async () => {
  const run = startRun();
  reference.faults.add({ route: "createServer", times: 2, outcome: { kind: "reset" } });
  const inputs = { name: "A", allowDuplicateName: true };
  const made = await Promise.all([run.create({ inputs }), run.create({ inputs })]);
  expect(made.map(({ id }) => id).toSorted()).toEqual(idsOnApi().toSorted());
  expect(posts()).toBe(2);
});

test("several new servers of the name are an error with their ids, and none is taken", async () => {
  const run = startRun();
  await run.create({ inputs: { name: "Before" } });
  // Somebody else makes one of the same name, after this run has looked and before its answer is lost.
  const other = await startRun().create({ inputs: { name: "A" } });
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  const error: unknown = await run.create({ inputs: { name: "A" } }).catch((caught: unknown) => caught);
  const [, , ours] = idsOnApi();
  expect(String(error)).toContain(
    `It may be one of these servers: ${other.id}, ${ours}. To make the right one this resource's own, take ${other.id} or take ${ours}`,
  );
});

test.each([
  ["in seconds", "1"],
  ["as a date", () => new Date(Date.now() + 1500).toUTCString()],
  ["absent", undefined],
  ["garbage", "soon"],
])("429 with Retry-After %s is waited for, on a create too, which is then sent again", async (_, value) => {
  const header = typeof value === "function" ? value() : value;
  reference.faults.add({
    route: "createServer",
    commit: false,
    outcome: {
      kind: "response",
      status: 429,
      body: { statusCode: 429, message: "slow down" },
      ...(header !== undefined && { headers: { "retry-after": header } }),
    },
  });
  const { id } = await startRun().create({ inputs: { name: "A" } });
  expect(idsOnApi()).toEqual([id]);
  expect(posts()).toBe(2);
});

test("a Retry-After beyond the deadline fails at once and says how long it is", async () => {
  reference.faults.add({
    route: "createServer",
    commit: false,
    outcome: {
      kind: "response",
      status: 429,
      headers: { "retry-after": "3600" },
      body: { statusCode: 429, message: "slow down" },
    },
  });
  await expect(startRun().create({ inputs: { name: "A" } })).rejects.toThrow(
    /pause of 3600 s.*\[rate-limited\]/,
  );
  expect(idsOnApi()).toEqual([]);
});

test.each([500, 502, 503, 504])("%i on a read is tried four times at the most", async (status) => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  const before = reference.requests().length;
  reference.faults.add({ route: "getServer", times: 3, outcome: { kind: "response", status, body: "" } });
  expect((await startRun().read({ id, state }))?.id).toBe(id);
  reference.faults.add({ route: "getServer", times: 9, outcome: { kind: "response", status, body: "" } });
  await expect(startRun().read({ id, state })).rejects.toThrow("[api-unavailable]");
  expect(reference.requests().length - before).toBe(8);
});

test.each<FaultOutcome>([{ kind: "reset" }, { kind: "response", status: 503, body: "" }, { kind: "hang" }])(
  "a delete whose answer is lost is sent again, finds nothing, and is done: %j",
  async (outcome) => {
    const { id, state } = await createSettled("A");
    reference.faults.add({ route: "deleteServer", outcome });
    await startRun().delete({ id, state });
    expect(idsOnApi()).toEqual([]);
    expect(reference.requests({ method: "DELETE" })).toHaveLength(2);
  },
);

test.each<FaultOutcome>([{ kind: "hang" }, { kind: "drip", ms: 100 }, { kind: "delay", ms: 60_000 }])(
  "an operation ends at its deadline: %j",
  async (outcome) => {
    const { id, state } = await startRun().create({ inputs: { name: "A" } });
    reference.faults.add({ route: "getServer", times: 99, outcome });
    const started = performance.now();
    await expect(startRun(undefined, 60_000).read({ id, state, timeoutMs: 700 })).rejects.toThrow(
      "[timeout]",
    );
    expect(performance.now() - started).toBeLessThan(5000);
  },
);

test("nobody listening is tried four times by every method, and is a clear error", async () => {
  const run = startRun();
  const { url } = reference;
  await reference.stop();
  await expect(run.create({ inputs: { name: "A" } })).rejects.toThrow(
    `Cannot reach ${url}: connect ECONNREFUSED`,
  );
  reference = await startReference();
});

test("a redirect is not followed, and the access token arrives nowhere else", async () => {
  const other = await startReference();
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  reference.faults.add({
    route: "getServer",
    outcome: {
      kind: "response",
      status: 302,
      headers: { location: `${other.url}/v1/servers/${id}` },
      body: "",
    },
  });
  await expect(startRun().read({ id, state })).rejects.toThrow(
    /redirects to 127\.0\.0\.1:\d+, which is not followed/,
  );
  expect(other.requests()).toEqual([]);
  await other.stop();
});

test("an answer that echoes the access token in any form does not bring it into a message", async () => {
  const forms = [
    reference.accessToken,
    encodeURIComponent(reference.accessToken),
    Buffer.from(reference.accessToken).toString("base64"),
    "pt_live_0123456789abcdef",
  ];
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  for (const form of forms) {
    reference.faults.add({
      route: "getServer",
      outcome: {
        kind: "response",
        status: 400,
        body: { statusCode: 400, message: `bad ${form.slice(0, 200)} ${form}` },
      },
    });
    const error = await startRun()
      .read({ id, state })
      .catch((caught: Error) => caught);
    expect(String(error)).not.toContain(form);
  }
});

describe("a server counts as gone only when that is proven", () => {
  const gone = {
    kind: "response",
    status: 404,
    body: { statusCode: 404, message: "Server not found" },
  } as const;
  let id: string;
  let state: object;

  beforeEach(async () => {
    ({ id, state } = await createSettled("A"));
  });

  const read = (accessToken?: string) => startRun(accessToken).read({ id, state: { ...state } });

  test("by a 404 of the API, a list that lacks it and the right account", async () => {
    await startRun().delete({ id, state: { ...state } });
    expect(await read()).toBeUndefined();
    await startRun().delete({ id, state: { ...state } });
  });

  test("not by a 404 alone", async () => {
    reference.faults.add({ route: "getServer", outcome: gone });
    await expect(read()).rejects.toThrow(/list of servers still has it.*\[absence-unproven\]/);
  });

  test("not by a 404 with a list that fails", async () => {
    reference.faults.add({ route: "getServer", outcome: gone });
    reference.faults.add({
      route: "listServers",
      times: 9,
      outcome: { kind: "response", status: 403, body: "" },
    });
    await expect(read()).rejects.toThrow("[absence-unproven]");
  });

  test("not by another account's 404, for a read as for a delete", async () => {
    const stranger = await reference.mintAccessToken(reference.addAccount());
    await expect(read(stranger)).rejects.toThrow("[absence-unproven]");
    await expect(startRun(stranger).delete({ id, state: { ...state } })).rejects.toThrow(
      "[absence-unproven]",
    );
    expect(idsOnApi()).toEqual([id]);
  });

  test.each([
    ["401", { kind: "response", status: 401, body: { statusCode: 401, message: "no" } }, "unauthorized"],
    ["403", { kind: "response", status: 403, body: { statusCode: 403, message: "no" } }, "forbidden"],
    ["an HTML 404", { kind: "response", status: 404, body: "<html>" }, "unexpected-response"],
  ] as const)("not by %s", async (_, outcome, code) => {
    reference.faults.add({ route: "getServer", outcome });
    await expect(read()).rejects.toThrow(`[${code}]`);
  });
});

test("an access token that expires during a run is refused by its end, and what was made is kept", async () => {
  const token = await reference.mintAccessToken(reference.account, { expiresInSeconds: 1 });
  const run = startRun(token);
  const { id } = await run.create({ inputs: { name: "A" } });
  await new Promise((done) => setTimeout(done, 1600));
  await expect(run.create({ inputs: { name: "B" } })).rejects.toThrow("[access-token-expired]");
  expect(idsOnApi()).toEqual([id]);
});

test("time that is up before the POST is sent leaves nothing in doubt", async () => {
  await expect(startRun().create({ inputs: { name: "A" }, timeoutMs: 1 })).rejects.toThrow("[timeout]");
  expect(idsOnApi().length).toBe(posts());
});
