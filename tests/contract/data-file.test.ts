import { spawnSync } from "node:child_process";
import fs, {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startReference } from "pulumi-postject/reference";
import { newAccount, newServer } from "../../provider/reference/drafts";
import { openStore } from "../../provider/reference/store";
import { useFolder } from "../support/fixtures";
import { startCommand } from "../support/reference-command";
import { control, create, send } from "../support/send";

const folder = useFolder();
let file: string;

beforeEach(() => {
  file = path.join(folder.path, "data.sqlite");
});

/** What clients know from the responses they got. */
interface Known {
  readonly created: Map<string, string>;
  readonly deleted: Set<string>;
  /** Sent, but without a response: each may have taken effect or not. */
  readonly unclearNames: Set<string>;
  readonly unclearDeletes: Set<string>;
}

/** Creates and deletes until the connection breaks. */
async function work(target: Parameters<typeof send>[0], known: Known, worker: string): Promise<void> {
  try {
    for (let count = 0; ; count++) {
      const name = `${worker}-${count}`;
      known.unclearNames.add(name);
      const { id } = await create(target, name);
      known.unclearNames.delete(name);
      known.created.set(id, name);
      if (count % 3 !== 0) continue;
      known.unclearDeletes.add(id);
      await (await send(target, "DELETE", `/v1/servers/${id}`)).json();
      known.unclearDeletes.delete(id);
      known.deleted.add(id);
    }
  } catch {
    // The process was killed.
  }
}

test("a kill -9 at any moment loses nothing that a client was told, and the first access token stays valid", async () => {
  const known: Known = {
    created: new Map(),
    deleted: new Set(),
    unclearNames: new Set(),
    unclearDeletes: new Set(),
  };
  let accessToken = "";
  for (let round = 0; round < 5; round++) {
    const command = await startCommand(["--data", file]);
    accessToken ||= command.accessToken;
    const target = { url: command.url, accessToken };
    const listed = (await (await send(target, "GET", "/v1/servers")).json()) as {
      id: string;
      name: string;
    }[];
    const kept = new Map(listed.map(({ id, name }) => [id, name]));
    for (const [id, name] of known.created) {
      if (known.deleted.has(id)) expect(kept.has(id)).toBe(false);
      else if (!known.unclearDeletes.has(id)) expect(kept.get(id)).toBe(name);
    }
    const unexplained = [...kept].filter(
      ([id, name]) => !known.created.has(id) && !known.unclearNames.has(name),
    );
    expect(unexplained).toEqual([]);
    const workers = ["a", "b", "c", "d"].map((worker) => work(target, known, `${round}${worker}`));
    // However slow the disk is, some creates succeed first.
    for (const enough = known.created.size + 3; known.created.size < enough; ) await sleep(1);
    // No two rounds are alike: some kills hit a write, some do not.
    setTimeout(() => command.process.kill("SIGKILL"), Math.random() * 100);
    await Promise.all(workers);
  }
  expect(known.created.size).toBeGreaterThan(8);
  expect(known.deleted.size).toBeGreaterThan(0);
});

test("a restart keeps accounts, servers, streams and access tokens, and leaves nothing beside the file", async () => {
  const first = await startReference({ dataFile: file, plan: "growth" });
  const accessToken = await first.mintAccessToken(first.addAccount({ plan: "starter" }));
  await create(first, "A", accessToken);
  await create(first, "B", accessToken);
  const before = first.snapshot();
  await first.stop();
  const second = await startReference({
    dataFile: file,
    seed: { servers: [{ name: "left out: there are servers" }] },
  });
  expect(second.snapshot()).toEqual(before);
  expect(second.account.plan).toBe("growth");
  for (const [name, status] of [
    ["C", 201],
    ["D", 403],
  ] as const)
    expect((await send(second, "POST", "/v1/servers", { accessToken, body: { name } })).status).toBe(status);
  await second.stop();
  await second.stop();
  expect(readdirSync(folder.path)).toEqual(["data.sqlite"]);
});

test("a signal that comes while it stops does not end the stop half-way", async () => {
  for (const ms of [0, 2, 5, 10]) {
    const command = await startCommand(["--data", file]);
    const ended = command.end("SIGINT");
    setTimeout(() => command.process.kill("SIGINT"), ms);
    expect(await ended).toEqual([0, null]);
    expect(readdirSync(folder.path)).toEqual(["data.sqlite"]);
  }
});

test("every change is synced to the disk before it returns", async () => {
  const store = await openStore(file);
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

test("a file that others may read is tightened, because it holds secrets", async () => {
  writeFileSync(file, "");
  chmodSync(file, 0o644);
  const command = await startCommand(["--data", file]);
  await create(command, "A");
  const modes = readdirSync(folder.path, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name, (statSync(path.join(folder.path, name)).mode & 0o777).toString(8)]);
  expect(modes).toEqual([
    ["data.sqlite", "600"],
    ["data.sqlite-wal", "600"],
  ]);
});

/** Whether this process may mount a small file system to fill. */
const mount = (...args: string[]) => spawnSync("mount", args).status === 0;
const canMount = (() => {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-mount-"));
  const isMounted = process.platform === "linux" && mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", folder);
  if (isMounted) spawnSync("umount", [folder]);
  rmSync(folder, { recursive: true });
  return isMounted;
})();

(canMount ? test : test.skip)(
  `a full disk is named, and the reference goes on once there is room${canMount ? "" : " (skipped: may not mount)"}`,
  async () => {
    mount("-t", "tmpfs", "-o", "size=200k", "tmpfs", folder.path);
    try {
      const command = await startCommand(["--data", file]);
      await create(command, "A");
      const filler = path.join(folder.path, "filler");
      expect(() => writeFileSync(filler, Buffer.alloc(300 * 1024))).toThrow("ENOSPC");
      const { status, body } = await control(command, "POST", "seed", {
        servers: Array.from({ length: 100 }, () => ({ name: "B" })),
      });
      expect({ status, body }).toMatchObject({
        status: 500,
        body: { message: `${file} was not changed: the disk is full` },
      });
      expect(command.printed()).not.toMatch(/^\s+at /m);
      truncateSync(filler);
      await create(command, "C");
      expect(await command.end("SIGTERM")).toEqual([0, null]);
      const again = await startCommand(["--data", file]);
      expect((await control(again, "GET", "servers")).body.count).toBe(2);
      // Nothing can be written at the end either.
      expect(() => writeFileSync(filler, Buffer.alloc(300 * 1024))).toThrow("ENOSPC");
      expect(await again.end("SIGTERM")).toEqual([0, null]);
    } finally {
      spawnSync("umount", ["-l", folder.path]);
    }
  },
);

test("a file that is no database of the reference, or in another version's format, is refused and left unchanged", async () => {
  writeFileSync(file, "Dear diary, today was a good day. ".repeat(100));
  await expect(openStore(file)).rejects.toThrow(`${file} cannot be used: file is not a database`);
  const { default: sqlite } = await import("node-sqlite3-wasm");
  for (const [name, sql, message] of [
    ["other.sqlite", "CREATE TABLE recipes (name TEXT)", "is the database of another program"],
    [
      "earlier.sqlite",
      `PRAGMA application_id = ${0x504a5246}; PRAGMA user_version = 1; CREATE TABLE x (y)`,
      "by an earlier version, in a format that this one cannot read",
    ],
    [
      "later.sqlite",
      `PRAGMA application_id = ${0x504a5246}; PRAGMA user_version = 99; CREATE TABLE x (y)`,
      "by a later version",
    ],
  ] as const) {
    const foreign = path.join(folder.path, name);
    const database = new sqlite.Database(foreign);
    database.exec(sql);
    database.close();
    chmodSync(foreign, 0o755);
    const before = readFileSync(foreign);
    await expect(openStore(foreign)).rejects.toThrow(message);
    expect(readFileSync(foreign).equals(before)).toBe(true);
    expect(statSync(foreign).mode & 0o777).toBe(0o755);
  }
  const pipe = path.join(folder.path, "pipe");
  spawnSync("mkfifo", [pipe]);
  for (const other of [pipe, folder.path]) await expect(openStore(other)).rejects.toThrow("is not a file");
  expect(readdirSync(folder.path).filter((name) => name.includes(".lock"))).toEqual([]);
});
