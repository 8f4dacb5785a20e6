import type { FaultRule } from "../../provider/reference";
import { deleteOutside } from "../support/account";
import { refuse, respond } from "../support/faults";
import { useReference } from "../support/fixtures";
import { startOperations } from "../support/operations";

// What takes a server out of the state. Time is the reference's: a pause of the provider moves its clock and
// takes no time.

const reference = useReference();

const MISSING = refuse(404, "Server not found");
const EMPTY_LIST = respond(200, []);

function startRun(accessToken = reference.accessToken) {
  let pausedMs = 0;
  const sleep = async (ms: number) => {
    pausedMs += ms;
    reference.clock.advance(Math.ceil(ms));
  };
  const operations = startOperations({ accessToken, endpoint: reference.url }, { sleep });
  return { ...operations, pausedMs: () => pausedMs };
}

/** A server as the state has it, created a moment or an hour ago. */
async function createServer(age: "new" | "old") {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  if (age === "old") reference.clock.advance(3_600_000);
  return { id, state: { ...state } };
}

const addFaults = (...rules: FaultRule[]) => rules.forEach(reference.faults.add);

test.each([
  ["a new server that neither GET nor list shows yet is looked for until it shows", 2, 9000],
  ["a server that its list hides longer than a GET is read again at the end", 9, 13_000],
])("%s", async (_, emptyLists, leastPauseMs) => {
  const server = await createServer("new");
  addFaults(
    { route: "getServer", outcome: MISSING },
    { route: "listServers", times: emptyLists, outcome: EMPTY_LIST },
  );
  const run = startRun();
  expect((await run.read(server))?.id).toBe(server.id);
  expect(run.pausedMs()).toBeGreaterThanOrEqual(leastPauseMs);
  expect(run.pausedMs()).toBeLessThan(leastPauseMs + 3000);
});

test("a delete of a server that does not show yet deletes it once it does", async () => {
  const server = await createServer("new");
  addFaults(
    { route: "deleteServer", commit: false, outcome: MISSING },
    { route: "listServers", outcome: EMPTY_LIST },
  );
  await startRun().delete(server);
  expect(reference.servers()).toEqual([]);
  expect(reference.requests({ method: "DELETE" })).toHaveLength(2);
});

test("a new server counts as gone only 15 seconds after its creation, by the API's clock", async () => {
  const server = await createServer("new");
  await deleteOutside(reference, server.id);
  const early = startRun();
  expect(await early.read(server)).toBeUndefined();
  expect(early.pausedMs()).toBeGreaterThan(13_000);
  reference.clock.advance(3_600_000);
  const late = startRun();
  expect(await late.read(server)).toBeUndefined();
  expect(late.pausedMs()).toBe(0);
});

test("an operation without time for that keeps the server in the state", async () => {
  const server = await createServer("new");
  await deleteOutside(reference, server.id);
  await expect(startRun().read({ ...server, timeoutMs: 2000 })).rejects.toThrow(
    /so new that the API may not show it yet.*\[absence-unproven\]/,
  );
});

test("a server of unknown age is waited for like a new one", async () => {
  const { id, state } = await createServer("old");
  await deleteOutside(reference, id);
  const run = startRun();
  expect(await run.read({ id, state: { ...state, createdAt: undefined } })).toBeUndefined();
  expect(run.pausedMs()).toBe(15_000);
});

describe("a 404 is not proof", () => {
  test.each([
    ["if the list still has the server", undefined, /list of servers still has it.*\[absence-unproven\]/],
    ["if the list cannot be read", respond(403), "[absence-unproven]"],
  ] as const)("%s", async (_, list, problem) => {
    const server = await createServer("old");
    addFaults({ route: "getServer", outcome: MISSING });
    if (list) addFaults({ route: "listServers", times: 9, outcome: list });
    await expect(startRun().read(server)).rejects.toThrow(problem);
  });

  test("if it is another account's, for a read or a delete", async () => {
    const server = await createServer("old");
    const stranger = await reference.mintAccessToken(reference.addAccount());
    await expect(startRun(stranger).read(server)).rejects.toThrow("[absence-unproven]");
    await expect(startRun(stranger).delete(server)).rejects.toThrow("[absence-unproven]");
    expect(reference.servers()).toHaveLength(1);
  });

  test.each([
    ["the access token", "the access token names no account", { withoutSub: true }],
    ["the state", "the state does not say whose it is", { withoutSub: false }],
  ])("if %s has no account id", async (_, problem, { withoutSub }) => {
    const { id, state } = await createServer("old");
    await deleteOutside(reference, id);
    for (const route of ["getServer", "deleteServer"] as const) addFaults({ route, outcome: MISSING });
    const run = startRun(withoutSub ? "an.opaque-token" : reference.accessToken);
    const stored = { id, state: { ...state, ...(!withoutSub && { accountId: undefined }) } };
    for (const work of [run.read, run.delete]) {
      const failure = (async () => work(stored))();
      await expect(failure).rejects.toThrow(problem);
      await expect(failure).rejects.toThrow("pulumi state delete <urn>");
    }
  });
});

test.each([202, 204])("a delete that returns %i is settled by the list", async (status) => {
  const server = await createServer("new");
  addFaults({ route: "deleteServer", outcome: respond(status) });
  await startRun().delete(server);
  expect(reference.servers()).toEqual([]);
});

test("a delete that is called a success but had no effect is an error", async () => {
  const server = await createServer("new");
  addFaults({ route: "deleteServer", commit: false, outcome: respond(204) });
  await expect(startRun().delete(server)).rejects.toThrow("[absence-unproven]");
  expect(reference.servers()).toHaveLength(1);
});
