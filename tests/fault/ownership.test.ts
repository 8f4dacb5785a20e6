import { deleteOutside, onlyServer } from "../support/account";
import { refuse, respond } from "../support/faults";
import { useReference } from "../support/fixtures";
import { type Operations, startOperations } from "../support/operations";

// What resources do at the same time, or again after a failure: an error hook can have the engine repeat a
// create or delete in one run. tests/engine/ownership.test.ts has what a user sees of it.

const reference = useReference();

const startRun = (deletionProtection = false): Operations => {
  const { accessToken, url: endpoint } = reference;
  return startOperations({ accessToken, endpoint, deletionProtection }, { reconcileDelaysMs: [0, 1] });
};

const inputs = { name: "A" };
const posts = () => reference.requests({ method: "POST" }).length;
const deletes = () => reference.requests({ method: "DELETE" }).length;

/** A server as an earlier run left it. */
async function createBefore(): Promise<Awaited<ReturnType<Operations["create"]>>> {
  const created = await startRun().create({ inputs });
  reference.clock.advance(60_000);
  return created;
}

test("a server that another resource is taking over at this moment is not deleted", async () => {
  const { id, state } = await createBefore();
  for (const takeOver of [
    (run: Operations) => run.import({ owner: "new", id }),
    (run: Operations) => run.create({ owner: "new", inputs: { ...inputs, adopt: id } }),
  ]) {
    const run = startRun();
    reference.faults.add({ route: "getServer", outcome: { kind: "delay", ms: 100 } });
    const taken = takeOver(run);
    await new Promise((done) => setTimeout(done, 20));
    const [notice] = await run.delete({ owner: "app", id, state });
    expect(notice?.message).toContain("another resource of the program has server");
    await taken;
  }
  expect(deletes()).toBe(0);
});

test("a server that another resource failed to take over is not deleted in that run", async () => {
  const { id, state } = await createBefore();
  const run = startRun();
  const adopting = { name: "B", adopt: id };
  run.check({ owner: "new", oldInputs: {}, inputs: adopting });
  await expect(run.create({ owner: "new", inputs: adopting })).rejects.toThrow("[adopt-mismatch]");
  await expect(run.delete({ owner: "app", id, state })).rejects.toThrow(/failed to adopt or import server/);
  expect(deletes()).toBe(0);
});

test("of two resources that take one server over at the same time, one is refused", async () => {
  const { id } = await createBefore();
  const run = startRun();
  const taken = await Promise.allSettled(["one", "two"].map((owner) => run.import({ owner, id })));
  expect(taken.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

// Up to 3.259 the engine says that a read is an import; from 3.274 on it does not.
test.each([
  ["announces it", (run: Operations, id: string) => run.import({ owner: "app", id })],
  ["reads first", (run: Operations, id: string) => run.read({ owner: "app", id, state: {} })],
])(
  "an import under another name by an engine that %s is refused, and nothing is deleted",
  async (_, read) => {
    const { id, state } = await createBefore();
    const run = startRun();
    const renamed = { name: "B" };
    await read(run, id);
    run.check({ owner: "app", oldInputs: inputs, inputs: renamed });
    expect(() => run.diff({ owner: "app", id, state, inputs: renamed })).toThrow("[adopt-mismatch]");
    const deletion = await run.delete({ owner: "old", id, state }).catch(({ message }: Error) => message);
    expect(JSON.stringify(deletion)).toMatch(/Not deleted: another resource/);
    expect(deletes()).toBe(0);
  },
);

test("a delete that was refused is refused again", async () => {
  const { id, state } = await createBefore();
  const run = startRun(true);
  for (const _ of ["once", "again"])
    await expect(run.delete({ owner: "app", id, state })).rejects.toThrow("[deletion-protected]");
  expect(deletes()).toBe(0);
});

test("a server that a resource created in this run can be deleted in it", async () => {
  const run = startRun();
  const { id, state } = await run.create({ owner: "app", inputs });
  expect(await run.delete({ owner: "app", id, state })).toEqual([]);
  expect(reference.servers()).toEqual([]);
});

test("a create that is repeated while the outcome of one is open sends nothing until that is known", async () => {
  const run = startRun();
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  reference.faults.add({ route: "listServers", skip: 1, times: 4, outcome: refuse(403) });
  const create = () => run.create({ owner: "app", inputs });
  for (const _ of ["once", "again"]) await expect(create()).rejects.toThrow("[create-unclear]");
  expect((await create()).id).toBe(onlyServer(reference).id);
  expect(posts()).toBe(1);
});

test("a create that is repeated after it could not be read completes the server", async () => {
  const run = startRun();
  const { id, token } = (await createBefore()) && onlyServer(reference);
  reference.faults.add({ route: "listServers", outcome: respond(200, []) });
  reference.faults.add({ route: "createServer", commit: false, outcome: respond(201, { id, token }) });
  reference.faults.add({ route: "getServer", outcome: respond(404, "<html>") });
  const create = () => run.create({ owner: "app", inputs });
  await expect(create()).rejects.toThrow("[create-incomplete]");
  expect(await create()).toMatchObject({ id, state: { token } });
  expect(posts()).toBe(2);
});

test("a resource that could not be replaced still has its server", async () => {
  const { id, state } = await createBefore();
  await startRun().create({ inputs: { name: "B" } });
  const run = startRun();
  const renamed = { name: "B" };
  run.check({ owner: "app", oldInputs: inputs, inputs: renamed });
  run.diff({ owner: "app", id, state, inputs: renamed });
  run.check({ owner: "app", oldInputs: {}, inputs: renamed });
  await expect(run.create({ owner: "app", inputs: renamed })).rejects.toThrow("[name-taken]");
  const [notice] = await run.delete({ owner: "twin", id, state });
  expect(notice?.message).toContain("another resource of the program has server");
  expect(deletes()).toBe(0);
});

test("a replacement that succeeds after a failed attempt deletes what it replaces", async () => {
  const { id, state } = await createBefore();
  const run = startRun();
  const renamed = { name: "B" };
  run.check({ owner: "app", oldInputs: inputs, inputs: renamed });
  run.diff({ owner: "app", id, state, inputs: renamed });
  run.check({ owner: "app", oldInputs: {}, inputs: renamed });
  reference.faults.add({ route: "createServer", commit: false, outcome: refuse(403) });
  const create = () => run.create({ owner: "app", inputs: renamed });
  await expect(create()).rejects.toThrow("[forbidden]");
  await create();
  expect(await run.delete({ owner: "app", id, state })).toEqual([]);
  expect(onlyServer(reference).name).toBe("B");
});

test("a server that two resources have goes with the second; what the first keeps besides stays", async () => {
  const { id: shared, state } = await createBefore();
  const { id: kept } = await startRun().create({ inputs: { name: "B" } });
  const run = startRun();
  for (const [owner, id] of [
    ["app", kept],
    ["twin", shared],
  ] as const) {
    run.check({ owner, oldInputs: inputs, inputs });
    run.diff({ owner, id, state, inputs });
  }
  for (const [owner, id] of [
    ["app", shared],
    ["other", kept],
  ] as const)
    expect((await run.delete({ owner, id, state }))[0]?.message).toMatch(/^Not deleted: another resource/);
  expect(deletes()).toBe(0);
});

test("adopting a server under its own id as name is refused like any other wrong name", async () => {
  const { id } = await createBefore();
  await expect(startRun().create({ inputs: { name: id, adopt: id } })).rejects.toThrow("[adopt-mismatch]");
});

test("a server that is gone already is deleted once", async () => {
  const { id, state } = await createBefore();
  await deleteOutside(reference, id);
  const run = startRun();
  await Promise.all(["app", "twin"].map((owner) => run.delete({ owner, id, state })));
  expect(deletes()).toBe(2);
});
