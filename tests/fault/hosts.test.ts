import { type FaultOutcome, type Reference, startReference } from "../../provider/reference";
import { lostResponses, refuse, respond } from "../support/faults";
import { type Host, hosts } from "../support/hosts";

// The rules of failures, checked through each host's own protocol. Rows run side by side, each against a
// reference API of its own, because most of them wait.

interface World {
  readonly reference: Reference;
  readonly host: Host;
}

/** The code that a refused operation names at the end of its message; one in the middle is of its cause. */
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "succeeded",
    ({ message }: Error) => /\[([a-z-]+)\]$/.exec(message)?.[1] ?? message,
  );

const posts = (reference: Reference) => reference.requests({ method: "POST" }).length;
const ids = (reference: Reference) => reference.servers().map(({ id }) => id);

/** Long enough after a create that a 404 counts. */
const SETTLED_MS = 16_000;

describe.each(hosts)("through the $host host", ({ startHost }) => {
  async function inWorld<T>(work: (world: World) => Promise<T>): Promise<T> {
    const reference = await startReference();
    const host = await startHost({
      endpoint: reference.url,
      accessToken: reference.accessToken,
      deletionProtection: "false",
      requestTimeoutSeconds: "3",
    });
    try {
      return await work({ reference, host });
    } finally {
      host.stop();
      await reference.stop();
    }
  }

  test("a create whose response is lost is one POST and one server, stored as usual", async () => {
    const rows = await Promise.all(
      lostResponses.map(([what, outcome]) =>
        inWorld(async ({ reference, host }) => {
          reference.faults.add({ route: "createServer", outcome });
          const { id, state } = await host.create({ name: "A" });
          const [server] = reference.servers();
          const streams = server?.streams.map((stream) => expect.objectContaining({ id: stream.id }));
          expect({ what, ...state }).toMatchObject({ what, name: "A", token: server?.token, streams });
          return { what, isOnly: ids(reference).join() === id, posts: posts(reference) };
        }),
      ),
    );
    expect(rows).toEqual(lostResponses.map(([what]) => ({ what, isOnly: true, posts: 1 })));
  });

  test("a create that never took effect is not sent again, and is an error", async () => {
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

  test("a read is retried after a transient failure, three times at the most", async () => {
    await Promise.all(
      [500, 502, 503, 504].map((status) =>
        inWorld(async ({ reference, host }) => {
          const stored = await host.create({ name: "A" });
          const gets = () => reference.requests({ route: "getServer" }).length;
          reference.faults.add({ route: "getServer", times: 3, outcome: respond(status) });
          expect((await host.read(stored))?.id).toBe(stored.id);
          expect(gets()).toBe(4);
          reference.faults.add({ route: "getServer", times: 9, outcome: respond(status) });
          expect(await refusal(host.read(stored))).toBe("api-unavailable");
          expect(gets()).toBe(8);
        }),
      ),
    );
  });

  test("a delete whose response is lost is sent again, finds nothing, and is done", async () => {
    const lost: FaultOutcome[] = [
      { kind: "reset" },
      { kind: "hang" },
      ...[500, 502, 503, 504].map((status) => respond(status)),
    ];
    await Promise.all(
      lost.map((outcome) =>
        inWorld(async ({ reference, host }) => {
          const stored = await host.create({ name: "A" });
          reference.clock.advance(SETTLED_MS);
          reference.faults.add({ route: "deleteServer", outcome });
          await host.delete(stored);
          expect(ids(reference)).toEqual([]);
          expect(reference.requests({ method: "DELETE" })).toHaveLength(2);
        }),
      ),
    );
  });

  test("a create waits out a 429 and is sent again, unless the wait is longer than its time", () =>
    inWorld(async ({ reference, host }) => {
      const slowDown = (seconds: string) =>
        reference.faults.add({
          route: "createServer",
          commit: false,
          outcome: refuse(429, "slow down", { "retry-after": seconds }),
        });
      slowDown("1");
      await host.create({ name: "A" });
      expect(posts(reference)).toBe(2);
      slowDown("3600");
      expect(await refusal(host.create({ name: "B" }))).toBe("rate-limited");
      expect(ids(reference)).toHaveLength(1);
    }));

  test("only proof takes a server out of the state", async () => {
    const rows: [FaultOutcome, string][] = [
      [refuse(401), "unauthorized"],
      [refuse(403), "forbidden"],
      [respond(404, "<html>"), "unexpected-response"],
      [refuse(404), "absence-unproven"],
      [respond(302, "", { location: "http://127.0.0.1:1/" }), "unexpected-response"],
    ];
    for (const [outcome, code] of rows) {
      await inWorld(async ({ reference, host }) => {
        const stored = await host.create({ name: "A" });
        reference.clock.advance(SETTLED_MS);
        reference.faults.add({ route: "getServer", outcome });
        expect(await refusal(host.read(stored))).toBe(code);
        reference.faults.add({ route: "deleteServer", commit: false, outcome });
        expect(await refusal(host.delete(stored))).toBe(code);
        expect(ids(reference)).toEqual([stored.id]);
        await host.delete(stored);
        expect(await host.read(stored)).toBeUndefined();
        await host.delete(stored);
      });
    }
  });

  test("a taken name stops a create before the POST", () =>
    inWorld(async ({ reference, host }) => {
      await host.create({ name: "A" });
      expect(await refusal(host.create({ name: "A" }))).toBe("name-taken");
      expect(posts(reference)).toBe(1);
    }));

  test("two simultaneous creates of one name, both responses lost, are two servers in two states", () =>
    inWorld(async ({ reference, host }) => {
      reference.faults.add({ route: "createServer", times: 2, outcome: { kind: "reset" } });
      const inputs = { name: "A", allowDuplicateName: true };
      const created = await Promise.all([host.create(inputs), host.create(inputs)]);
      expect(created.map(({ id }) => id).toSorted()).toEqual(ids(reference).toSorted());
      expect(posts(reference)).toBe(2);
    }));

  test("an endpoint where nobody listens is a clear error", () =>
    inWorld(async ({ reference, host }) => {
      await reference.stop();
      await expect(host.create({ name: "A" })).rejects.toThrow(
        `Cannot reach ${reference.url}: connect ECONNREFUSED`,
      );
    }));
});
