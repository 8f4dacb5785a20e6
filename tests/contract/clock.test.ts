import { setTimeout as sleep } from "node:timers/promises";
import { useReference } from "../support/fixtures";
import { control, create, send } from "../support/send";

const DAY_MS = 24 * 60 * 60 * 1000;

const reference = useReference();

const list = (accessToken = reference.accessToken) => send(reference, "GET", "/v1/servers", { accessToken });

/** How far a time is ahead of the system's, in whole days. */
const daysAhead = (time: string | null | undefined) =>
  Math.round((Date.parse(time ?? "") - Date.now()) / DAY_MS) + 0;

/** The two ways to move the clock: what a test in this process and one outside of it do. */
const ways = [
  ["in process", async (ms: number) => reference.clock.advance(ms)],
  [
    "over HTTP",
    async (ms: number) => {
      const { status, body } = await control(reference, "POST", "clock", { advanceMs: ms });
      if (status !== 200) throw new Error(String(body.message));
      expect(Math.abs(Date.parse(body.now) - reference.clock.now())).toBeLessThan(5000);
    },
  ],
] as const;

describe.each(ways)("a clock moved %s", (_, advance) => {
  test("moves createdAt, the Date header, the log and faults, forward and back, and keeps running", async () => {
    expect(daysAhead(new Date(reference.clock.now()).toISOString())).toBe(0);
    for (const [ms, days] of [
      [3 * DAY_MS, 3],
      [2 * DAY_MS, 5],
      [-12 * DAY_MS, -7],
    ] as const) {
      await advance(ms);
      const response = await send(reference, "POST", "/v1/servers", { body: { name: "A" } });
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
    await sleep(20);
    expect(reference.clock.now()).toBeGreaterThan(before);
  });

  test("makes access tokens expire, and mints valid ones", async () => {
    expect((await list()).status).toBe(200);
    await advance(31 * DAY_MS);
    expect((await list()).status).toBe(401);
    const later = await reference.mintAccessToken();
    expect((await list(later)).status).toBe(200);
    await advance(-31 * DAY_MS);
    expect([(await list()).status, (await list(later)).status]).toEqual([200, 200]);
  });

  test("leaves servers created before a stale fault in the list, and hides later ones", async () => {
    await advance(DAY_MS);
    await create(reference, "before");
    await advance(1000);
    reference.faults.add({ route: "listServers", outcome: { kind: "stale" } });
    await advance(1000);
    await create(reference, "after");
    expect(await (await list()).json()).toMatchObject([{ name: "before" }]);
    expect(await (await list()).json()).toHaveLength(2);
  });

  test.each([
    ["by a fraction", 1.5],
    ["by a text", "5" as unknown as number],
    ["past the year 9999", 8_000 * 365 * DAY_MS],
    ["to before 1970", -60 * 365.25 * DAY_MS],
    ["by more than a number can tell apart", Number.MAX_SAFE_INTEGER],
  ])("is not moved %s", async (_, ms) => {
    await expect(advance(ms)).rejects.toThrow(
      /milliseconds: |advanceMs: |must stay within the years 1970 to 9999/,
    );
    expect(daysAhead(new Date(reference.clock.now()).toISOString())).toBe(0);
  });

  test("is set back to the system's time by a reset", async () => {
    await advance(5 * DAY_MS);
    reference.reset();
    expect(daysAhead((await list()).headers.get("date"))).toBe(0);
  });
});

test("the clock dates every response: refusals, the control plane and those that a fault sends", async () => {
  reference.clock.advance(3 * DAY_MS);
  const dates: (string | null)[] = [];
  for (const kind of ["delay", "drip"] as const) {
    reference.faults.add({ outcome: { kind, ms: 1 } });
    dates.push((await list()).headers.get("date"));
  }
  reference.faults.add({ outcome: { kind: "response", status: 503 } });
  reference.faults.add({ outcome: { kind: "huge", bytes: 10 } });
  reference.faults.add({ outcome: { kind: "truncate" } });
  for (let faults = 0; faults < 3; faults++) dates.push((await list()).headers.get("date"));
  for (const path of ["/v1/nothing", "/_reference/health", "/_reference/nothing", "/v1/servers/x"])
    dates.push((await fetch(reference.url + path)).headers.get("date"));
  expect(dates.map(daysAhead)).toEqual(dates.map(() => 3));
});

test("a delayed response is dated when it is sent, and a fault may give its own date", async () => {
  reference.faults.add({ outcome: { kind: "delay", ms: 300 } });
  const delayed = list();
  await sleep(100);
  reference.clock.advance(3 * DAY_MS);
  expect(daysAhead((await delayed).headers.get("date"))).toBe(3);
  const date = "Sun, 06 Nov 1994 08:49:37 GMT";
  reference.faults.add({ outcome: { kind: "response", status: 503, headers: { Date: date } } });
  expect((await list()).headers.get("date")).toBe(date);
});

test("the control plane returns the time, and refuses a body that it does not describe", async () => {
  reference.clock.advance(DAY_MS);
  expect(daysAhead((await control(reference, "GET", "clock")).body.now)).toBe(1);
  for (const body of [{}, { ms: 5 }, { advanceMs: 5, more: 1 }])
    expect((await control(reference, "POST", "clock", body)).status).toBe(400);
});
