import { type FaultOutcome, type Reference, startReference } from "../../provider/reference";
import { type Host, hosts } from "../support/hosts";
import { lostResponses } from "../support/lost-responses";

// The rules are the lifecycle's, tested one by one in lost-responses.test.ts. Here every row goes through each host's own
// protocol; rows run side by side, each against a reference API of its own, because most of them wait.

interface World {
  readonly reference: Reference;
  readonly host: Host;
}

/** A message ends with its own code; one in the middle is of its cause. */
const codeOf = (error: unknown) =>
  /\[([a-z-]+)\]$/.exec(String((error as Error).message))?.[1] ?? String(error);

/** The code that a refused operation names; fails if it succeeds. */
async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(() => "succeeded", codeOf);
}

describe.each(hosts)("through the $host host", ({ startHost }) => {
  async function inWorld<T>(work: (world: World) => Promise<T>, accessToken?: string): Promise<T> {
    const reference = await startReference();
    const host = await startHost({
      endpoint: reference.url,
      accessToken: accessToken ?? reference.accessToken,
      deletionProtection: "false",
      requestTimeoutSeconds: "1",
    });
    try {
      return await work({ reference, host });
    } finally {
      host.stop();
      await reference.stop();
    }
  }

  const posts = (reference: Reference) => reference.requests({ method: "POST" }).length;
  const ids = (reference: Reference) => reference.servers().map(({ id }) => id);

  test("a create whose answer is lost is one POST and one server, stored as usual", async () => {
    const rows = await Promise.all(
      lostResponses.map(([what, outcome]) =>
        inWorld(async ({ reference, host }) => {
          reference.faults.add({ route: "createServer", outcome });
          const { id, state } = await host.create({ name: "A" });
          const [server] = reference.servers();
          const isWhole = state.token === server?.token && (state.streams as unknown[]).length === 3;
          return { what, isWhole, isOnly: ids(reference).join() === id, posts: posts(reference) };
        }),
      ),
    );
    expect(rows).toEqual(lostResponses.map(([what]) => ({ what, isWhole: true, isOnly: true, posts: 1 })));
  });

  test("a create that did not happen is not sent again, and is an error", async () => {
    const rows = await Promise.all(
      lostResponses.map(([what, outcome]) =>
        inWorld(async ({ reference, host }) => {
          reference.faults.add({ route: "createServer", commit: false, outcome });
          const code = await refusal(host.create({ name: "A" }));
          return { what, code, servers: ids(reference).length, posts: posts(reference) };
        }),
      ),
    );
    expect(rows).toEqual(
      lostResponses.map(([what]) => ({ what, code: "create-unclear", servers: 0, posts: 1 })),
    );
  });

  test("what failed in passing is sent again, four times at the most, and a create only after 429", async () => {
    const passing: FaultOutcome[] = [500, 502, 503, 504].map((status) => ({
      kind: "response",
      status,
      body: "",
    }));
    await Promise.all(
      passing.map((outcome) =>
        inWorld(async ({ reference, host }) => {
          const stored = await host.create({ name: "A" });
          // Old enough that what does not find it counts.
          reference.clock.advance(16_000);
          reference.faults.add({ route: "getServer", times: 3, outcome });
          reference.faults.add({ route: "deleteServer", times: 1, outcome });
          expect((await host.read(stored))?.id).toBe(stored.id);
          await host.delete(stored);
          expect(ids(reference)).toEqual([]);
          expect(reference.requests({ method: "DELETE" })).toHaveLength(2);
        }),
      ),
    );
    await inWorld(async ({ reference, host }) => {
      const slowDown = { statusCode: 429, message: "slow down" };
      reference.faults.add({
        route: "createServer",
        commit: false,
        outcome: { kind: "response", status: 429, headers: { "retry-after": "1" }, body: slowDown },
      });
      await host.create({ name: "A" });
      expect(posts(reference)).toBe(2);
      reference.faults.add({
        route: "createServer",
        commit: false,
        outcome: { kind: "response", status: 429, headers: { "retry-after": "3600" }, body: slowDown },
      });
      expect(await refusal(host.create({ name: "B" }))).toBe("rate-limited");
    });
  });

  test("nothing but the proof takes a server out of the state", async () => {
    const body = (statusCode: number) => ({ statusCode, message: "no" });
    const rows: [FaultOutcome, string][] = [
      [{ kind: "response", status: 401, body: body(401) }, "unauthorized"],
      [{ kind: "response", status: 403, body: body(403) }, "forbidden"],
      [{ kind: "response", status: 404, body: "<html>" }, "unexpected-response"],
      [{ kind: "response", status: 404, body: body(404) }, "absence-unproven"],
      [
        { kind: "response", status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" },
        "unexpected-response",
      ],
    ];
    for (const [outcome, code] of rows) {
      await inWorld(async ({ reference, host }) => {
        const stored = await host.create({ name: "A" });
        reference.clock.advance(16_000);
        reference.faults.add({ route: "getServer", outcome });
        expect(await refusal(host.read(stored))).toBe(code);
        reference.faults.add({ route: "deleteServer", commit: false, outcome });
        expect(await refusal(host.delete(stored))).toBe(code);
        expect(ids(reference)).toEqual([stored.id]);
        await host.delete(stored);
        expect(await host.read(stored)).toBeUndefined();
      });
    }
  });

  test("a taken name stops a create before the POST", () =>
    inWorld(async ({ reference, host }) => {
      await host.create({ name: "A" });
      expect(await refusal(host.create({ name: "A" }))).toBe("name-taken");
      expect(posts(reference)).toBe(1);
    }));

  test("two creates of one name at once, both answers lost, are two servers in two states", () =>
    inWorld(async ({ reference, host }) => {
      reference.faults.add({ route: "createServer", times: 2, outcome: { kind: "reset" } });
      const inputs = { name: "A", allowDuplicateName: true };
      const made = await Promise.all([host.create(inputs), host.create(inputs)]);
      expect(made.map(({ id }) => id).toSorted()).toEqual(ids(reference).toSorted());
      expect(posts(reference)).toBe(2);
    }));

  test("nobody listening is a clear error", () =>
    inWorld(async ({ reference, host }) => {
      await reference.stop();
      const error: unknown = await host.create({ name: "A" }).catch((caught: unknown) => caught);
      expect((error as Error).message).toContain(`Cannot reach ${reference.url}: connect ECONNREFUSED`);
    }));
});
