import { type Reference, startReference } from "../../provider/reference";
import { startOperations } from "../support/operations";

// What takes a server out of the state. Time is the reference's: a pause of the provider moves its clock and takes no time.

let reference: Reference;

beforeEach(async () => {
  reference = await startReference();
});

afterEach(() => reference.stop());

const MISSING = {
  kind: "response",
  status: 404,
  body: { statusCode: 404, message: "Server not found" },
} as const;

function startRun(accessToken = reference.accessToken) {
  let pausedMs = 0;
  const sleep = async (ms: number) => {
    pausedMs += ms;
    reference.clock.advance(Math.ceil(ms));
  };
  const operations = startOperations({ accessToken, endpoint: reference.url }, { sleep });
  return { ...operations, pausedMs: () => pausedMs };
}

async function deleteOutside(id: string): Promise<void> {
  await fetch(`${reference.url}/v1/servers/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${reference.accessToken}` },
  });
}

test("a new server that neither GET nor list shows yet is looked for until it shows", async () => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  reference.faults.add({ route: "getServer", times: 1, outcome: MISSING });
  reference.faults.add({
    route: "listServers",
    times: 2,
    outcome: { kind: "response", status: 200, body: [] },
  });
  const run = startRun();
  expect((await run.read({ id, state: { ...state } }))?.id).toBe(id);
  expect(run.pausedMs()).toBe(9000);
});

test("a server that its list hides longer than a GET is read again at the end", async () => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  reference.faults.add({ route: "getServer", times: 1, outcome: MISSING });
  reference.faults.add({
    route: "listServers",
    times: 9,
    outcome: { kind: "response", status: 200, body: [] },
  });
  expect((await startRun().read({ id, state: { ...state } }))?.id).toBe(id);
});

test("a delete of a server that does not show yet deletes it once it does", async () => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  reference.faults.add({ route: "deleteServer", commit: false, outcome: MISSING });
  reference.faults.add({ route: "listServers", outcome: { kind: "response", status: 200, body: [] } });
  await startRun().delete({ id, state: { ...state } });
  expect(reference.servers()).toEqual([]);
  expect(reference.requests({ method: "DELETE" })).toHaveLength(2);
});

test("a new server counts as gone only 15 seconds after its creation, by the API's clock", async () => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  await deleteOutside(id);
  const early = startRun();
  expect(await early.read({ id, state: { ...state } })).toBeUndefined();
  expect(early.pausedMs()).toBeGreaterThan(13_000);
  reference.clock.advance(3_600_000);
  const late = startRun();
  expect(await late.read({ id, state: { ...state } })).toBeUndefined();
  expect(late.pausedMs()).toBe(0);
});

test("an operation that may not wait that long keeps the server in the state", async () => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  await deleteOutside(id);
  await expect(startRun().read({ id, state: { ...state }, timeoutMs: 2000 })).rejects.toThrow(
    /so new that the API may not show it yet.*\[absence-unproven\]/,
  );
});

test("a server of unknown age is waited for as a new one is", async () => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  await deleteOutside(id);
  reference.clock.advance(3_600_000);
  const run = startRun();
  expect(await run.read({ id, state: { ...state, createdAt: undefined } })).toBeUndefined();
  expect(run.pausedMs()).toBe(15_000);
});

describe("without a `sub` there is no proof", () => {
  test.each([
    ["in the access token", "the access token names no account", { withoutSub: true }],
    ["in the state", "the state does not say whose it is", { withoutSub: false }],
  ])("%s", async (_, problem, { withoutSub }) => {
    const { id, state } = await startRun().create({ inputs: { name: "A" } });
    await deleteOutside(id);
    reference.clock.advance(60_000);
    for (const route of ["getServer", "deleteServer"] as const)
      reference.faults.add({ route, outcome: MISSING });
    const run = startRun(withoutSub ? "an.opaque-token" : reference.accessToken);
    const stored = { ...state, ...(!withoutSub && { accountId: undefined }) };
    for (const work of [() => run.read({ id, state: stored }), () => run.delete({ id, state: stored })]) {
      const error: unknown = await Promise.resolve(work()).catch((caught: unknown) => caught);
      expect(String(error)).toContain(problem);
      expect(String(error)).toContain("pulumi state delete <urn>");
    }
  });
});

test.each([202, 204])("a delete that returns %i is settled by the list", async (status) => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  reference.faults.add({ route: "deleteServer", outcome: { kind: "response", status } });
  await startRun().delete({ id, state: { ...state } });
  expect(reference.servers()).toEqual([]);
});

test("a delete that is called a success and did nothing is an error", async () => {
  const { id, state } = await startRun().create({ inputs: { name: "A" } });
  reference.faults.add({ route: "deleteServer", commit: false, outcome: { kind: "response", status: 204 } });
  await expect(startRun().delete({ id, state: { ...state } })).rejects.toThrow("[absence-unproven]");
  expect(reference.servers()).toHaveLength(1);
});
