import { once } from "node:events";
import { connect } from "node:net";
import { type Reference, startReference } from "../../provider/reference";

const DAY_MS = 24 * 60 * 60 * 1000;

let reference: Reference;

beforeEach(async () => {
  reference = await startReference();
});

afterEach(() => reference.stop());

const api = (method: string, body?: object, accessToken = reference.accessToken) =>
  fetch(`${reference.url}/v1/servers`, {
    method,
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });

const postClock = (body: unknown) =>
  fetch(`${reference.url}/_reference/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** How far a time is ahead of the system's, in whole days. */
const daysAhead = (time: string | null | undefined) =>
  Math.round((Date.parse(time ?? "") - Date.now()) / DAY_MS) + 0;

/** The two ways to move the clock: what a test in this process and one outside of it do. */
const ways = [
  ["in process", async (ms: number) => reference.clock.advance(ms)],
  [
    "over HTTP",
    async (ms: number) => {
      const response = await postClock({ advanceMs: ms });
      const { now, message } = (await response.json()) as { now: string; message?: unknown };
      if (response.status !== 200) throw new Error(String(message));
      expect(Math.abs(Date.parse(now) - reference.clock.now())).toBeLessThan(5000);
    },
  ],
] as const;

describe.each(ways)("a clock moved %s", (_, advance) => {
  test("moves createdAt, the Date header, the log and faults, forward and back, and goes on", async () => {
    expect(daysAhead(new Date(reference.clock.now()).toISOString())).toBe(0);
    for (const [ms, days] of [
      [3 * DAY_MS, 3],
      [2 * DAY_MS, 5],
      [-12 * DAY_MS, -7],
    ] as const) {
      await advance(ms);
      const response = await api("POST", { name: "A" });
      const { createdAt } = (await response.json()) as { createdAt: string };
      reference.seed({ servers: [{ name: "B" }] });
      reference.faults.add({ outcome: { kind: "stale" } });
      expect({
        createdAt: daysAhead(createdAt),
        seeded: daysAhead(reference.servers().at(-1)?.streams[0]?.createdAt),
        date: daysAhead(response.headers.get("date")),
        log: daysAhead(reference.requests().at(-1)?.at),
        fault: daysAhead(reference.faults.list().at(-1)?.addedAt),
      }).toEqual({ createdAt: days, seeded: days, date: days, log: days, fault: days });
      reference.faults.clear();
    }
    const before = reference.clock.now();
    await new Promise((done) => setTimeout(done, 20));
    expect(reference.clock.now()).toBeGreaterThan(before);
  });

  test("makes access tokens expire, and mints good ones", async () => {
    expect((await api("GET")).status).toBe(200);
    await advance(31 * DAY_MS);
    expect((await api("GET")).status).toBe(401);
    const later = await reference.mintAccessToken();
    expect((await api("GET", undefined, later)).status).toBe(200);
    await advance(-31 * DAY_MS);
    expect([(await api("GET")).status, (await api("GET", undefined, later)).status]).toEqual([200, 200]);
  });

  test("lets a stale list have the servers made before the fault, and no later ones", async () => {
    await advance(DAY_MS);
    await api("POST", { name: "before" });
    await advance(1000);
    reference.faults.add({ route: "listServers", outcome: { kind: "stale" } });
    await advance(1000);
    await api("POST", { name: "after" });
    expect(await (await api("GET")).json()).toMatchObject([{ name: "before" }]);
    expect(await (await api("GET")).json()).toHaveLength(2);
  });

  test.each([
    ["1.5", 1.5],
    ["text", "5" as unknown as number],
    ["beyond the year 9999", 8_000 * 365 * DAY_MS],
    ["before 1970", -60 * 365.25 * DAY_MS],
    ["beyond what a number tells apart", Number.MAX_SAFE_INTEGER],
  ])("is not moved by %s", async (_, ms) => {
    await expect(advance(ms)).rejects.toThrow(
      /milliseconds: |advanceMs: |must stay within the years 1970 to 9999/,
    );
    expect(daysAhead(new Date(reference.clock.now()).toISOString())).toBe(0);
  });

  test("is put back by a reset", async () => {
    await advance(5 * DAY_MS);
    reference.reset();
    expect(daysAhead((await api("GET")).headers.get("date"))).toBe(0);
  });
});

test("every response is dated by the clock: refusals, the control plane and those that a fault sends", async () => {
  reference.clock.advance(3 * DAY_MS);
  const dates: (string | null)[] = [];
  for (const kind of ["delay", "drip"] as const) {
    reference.faults.add({ outcome: { kind, ms: 1 } });
    dates.push((await api("GET")).headers.get("date"));
  }
  reference.faults.add({ outcome: { kind: "response", status: 503 } });
  reference.faults.add({ outcome: { kind: "huge", bytes: 10 } });
  reference.faults.add({ outcome: { kind: "truncate" } });
  for (let faults = 0; faults < 3; faults++) dates.push((await api("GET")).headers.get("date"));
  for (const path of ["/v1/nothing", "/_reference/health", "/_reference/nothing", "/v1/servers/x"])
    dates.push((await fetch(reference.url + path)).headers.get("date"));
  const socket = connect(Number(new URL(reference.url).port), "127.0.0.1");
  socket.write("nonsense\r\n\r\n");
  dates.push(/^date: (.*)\r$/im.exec(String((await once(socket, "data"))[0]))?.[1] ?? null);
  expect(dates.map(daysAhead)).toEqual(dates.map(() => 3));
});

test("a response that is delayed is dated when it is sent, and a fault may give a date of its own", async () => {
  reference.faults.add({ outcome: { kind: "delay", ms: 300 } });
  const delayed = api("GET");
  await new Promise((done) => setTimeout(done, 100));
  reference.clock.advance(3 * DAY_MS);
  expect(daysAhead((await delayed).headers.get("date"))).toBe(3);
  const date = "Sun, 06 Nov 1994 08:49:37 GMT";
  reference.faults.add({ outcome: { kind: "response", status: 503, headers: { Date: date } } });
  expect((await api("GET")).headers.get("date")).toBe(date);
});

test("the clock is told over HTTP, and a body that is not as described is refused", async () => {
  reference.clock.advance(DAY_MS);
  const { now } = (await (await fetch(`${reference.url}/_reference/clock`)).json()) as { now: string };
  expect(daysAhead(now)).toBe(1);
  for (const body of [{}, { ms: 5 }, { advanceMs: 5, more: 1 }])
    expect((await postClock(body)).status).toBe(400);
});
