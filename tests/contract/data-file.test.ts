import { spawnSync } from "node:child_process";
import fs, {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startReference } from "../../provider/reference";
import { newAccount } from "../../provider/reference/accounts";
import { newServer } from "../../provider/reference/new-server";
import { openSqliteStore } from "../../provider/reference/sqlite-store";
import { COMMAND, type RunningCommand, startCommand } from "../support/reference-command";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-data-"));
  file = path.join(folder, "data.sqlite");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What clients know from the answers they got. */
interface Known {
  readonly created: Map<string, string>;
  readonly deleted: Set<string>;
  /** Sent, and not answered: it may have been done or not. */
  readonly unclearNames: Set<string>;
  readonly unclearDeletes: Set<string>;
}

/** Creates and deletes until the connection breaks. */
async function work(url: string, accessToken: string, known: Known, worker: string): Promise<void> {
  const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
  try {
    for (let count = 0; ; count++) {
      const name = `${worker}-${count}`;
      known.unclearNames.add(name);
      const answer = await fetch(`${url}/v1/servers`, {
        method: "POST",
        headers,
        body: JSON.stringify({ name }),
      });
      const { id } = (await answer.json()) as { id: string };
      known.unclearNames.delete(name);
      known.created.set(id, name);
      if (count % 3 !== 0) continue;
      known.unclearDeletes.add(id);
      const deleted = await fetch(`${url}/v1/servers/${id}`, { method: "DELETE", headers });
      await deleted.json();
      known.unclearDeletes.delete(id);
      known.deleted.add(id);
    }
  } catch {
    // The process was killed.
  }
}

test("what was answered is there after a kill -9 at any moment, and the first access token stays good", async () => {
  const known: Known = {
    created: new Map(),
    deleted: new Set(),
    unclearNames: new Set(),
    unclearDeletes: new Set(),
  };
  let accessToken = "";
  for (let round = 0; round < 6; round++) {
    const command = await startCommand(["--data", file]);
    accessToken ||= command.accessToken;
    const answer = await fetch(`${command.url}/v1/servers`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    const kept = new Map(
      ((await answer.json()) as { id: string; name: string }[]).map(({ id, name }) => [id, name]),
    );
    for (const [id, name] of known.created) {
      if (known.deleted.has(id)) expect(kept.has(id)).toBe(false);
      else if (!known.unclearDeletes.has(id)) expect(kept.get(id)).toBe(name);
    }
    const strangers = [...kept].filter(
      ([id, name]) => !known.created.has(id) && !known.unclearNames.has(name),
    );
    expect(strangers).toEqual([]);
    const workers = ["a", "b", "c", "d"].map((worker) =>
      work(command.url, accessToken, known, `${round}${worker}`),
    );
    // No two rounds alike: the kill falls into a write as often as beside one.
    setTimeout(() => command.process.kill("SIGKILL"), 20 + Math.random() * 150);
    await Promise.all(workers);
  }
  expect(known.created.size).toBeGreaterThan(8);
  expect(known.deleted.size).toBeGreaterThan(0);
});

test("a restart in the middle of a run keeps accounts, servers, streams and access tokens", async () => {
  const first = await startReference({ dataFile: file, plan: "growth" });
  const starter = first.addAccount({ plan: "starter" });
  const token = await first.mintAccessToken(starter);
  const create = (url: string, name: string) =>
    fetch(`${url}/v1/servers`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
  await create(first.url, "A");
  await create(first.url, "B");
  const before = first.snapshot();
  await first.stop();
  const second = await startReference({
    dataFile: file,
    seed: { servers: [{ name: "left out: there are servers" }] },
  });
  expect(second.snapshot()).toEqual(before);
  expect(second.account.plan).toBe("growth");
  expect((await create(second.url, "C")).status).toBe(201);
  expect((await create(second.url, "D")).status).toBe(403);
  await second.stop();
  await second.stop();
  expect(readdirSync(folder)).toEqual(["data.sqlite"]);
});

test("every change is synced to the disk before it returns", async () => {
  const store = await openSqliteStore(file);
  const sync = jest.spyOn(fs, "fsyncSync");
  const server = newServer("acct_a", { name: "A" });
  const changes: [string, () => unknown][] = [
    ["putAccount", () => store.putAccount(newAccount({ id: "acct_a" }))],
    ["add", () => store.add(server)],
    ["rename", () => store.rename(server.id, "B")],
    ["delete", () => store.delete("acct_a", server.id)],
    ["replace", () => store.replace({ accounts: store.accounts(), servers: [server] })],
    ["clear", () => store.clear()],
  ];
  const unsynced = changes.filter(([, change]) => {
    sync.mockClear();
    change();
    return sync.mock.calls.length === 0;
  });
  sync.mockRestore();
  store.close();
  expect(unsynced).toEqual([]);
});

test("a second process on the same file is refused by name of the first, also through a link", async () => {
  const command: RunningCommand = await startCommand(["--data", file]);
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, "--port", "0", "--data", file], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `postject-reference: ${file} is in use by process ${command.process.pid}. Stop that one, or give this one another file. If there is no such process any more, remove ${file}.owner.\n`,
  });
  const link = path.join(folder, "link.sqlite");
  symlinkSync(file, link);
  await expect(startReference({ dataFile: link })).rejects.toThrow(`${file} is in use by process`);
  await command.end("SIGINT");
  await (await startReference({ dataFile: file })).stop();
});

test.each([
  ["a process that is gone", "999999999 \n"],
  ["a process whose id another one has now", `${process.ppid} 1\n`],
  ["nobody", ""],
])("a lock left by %s is taken over", async (_, owner) => {
  writeFileSync(`${file}.owner`, owner);
  const store = await openSqliteStore(file);
  await expect(openSqliteStore(file)).rejects.toThrow(`is in use by process ${process.pid}`);
  store.close();
  expect(existsSync(`${file}.owner`)).toBe(false);
});

test("a file that is no database of ours, or of a later version, is refused and left as it is", async () => {
  writeFileSync(file, "Dear diary, today was a good day. ".repeat(100));
  await expect(openSqliteStore(file)).rejects.toThrow(`${file} cannot be used: file is not a database`);
  const { default: sqlite } = await import("node-sqlite3-wasm");
  for (const [name, sql, message] of [
    ["other.sqlite", "CREATE TABLE recipes (name TEXT)", "is the database of another program"],
    [
      "later.sqlite",
      `PRAGMA application_id = ${0x504a5246}; PRAGMA user_version = 99; CREATE TABLE x (y)`,
      "by a later version",
    ],
  ] as const) {
    const foreign = path.join(folder, name);
    const database = new sqlite.Database(foreign);
    database.exec(sql);
    database.close();
    const before = readFileSync(foreign);
    await expect(openSqliteStore(foreign)).rejects.toThrow(message);
    expect(readFileSync(foreign).equals(before)).toBe(true);
  }
});
