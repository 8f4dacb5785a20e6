import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startReference } from "../../provider/reference";
import { newAccount } from "../../provider/reference/drafts";
import { newServer } from "../../provider/reference/drafts";
import { openStore } from "../../provider/reference/store";
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
    // However slow the disk is, some creates succeed first.
    for (const enough = known.created.size + 3; known.created.size < enough; ) await sleep(1);
    // No two rounds are alike: the kill falls into a write as often as beside one.
    setTimeout(() => command.process.kill("SIGKILL"), Math.random() * 100);
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

test("a second process on the same file is refused by name of the first, also through a link", async () => {
  const command: RunningCommand = await startCommand(["--data", file]);
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, "--port", "0", "--data", file], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `postject-reference: ${file} is in use by process ${command.process.pid}. Stop that one, or give this one another file.\n`,
  });
  const link = path.join(folder, "link.sqlite");
  symlinkSync(file, link);
  await expect(startReference({ dataFile: link })).rejects.toThrow(`${file} is in use by process`);
  await command.end("SIGINT");
  await (await startReference({ dataFile: file })).stop();
});

/** What an owner file says: process id, its start time, host name, system, and what tells two locks of one process apart. */
async function ownerFields(): Promise<string[]> {
  const store = await openStore(file);
  const fields = readFileSync(`${file}.owner`, "utf8").trim().split(" ");
  store.close();
  return fields;
}

/** Takes the lock, and tells after how many milliseconds. */
async function takeOver(): Promise<number> {
  const started = performance.now();
  const store = await openStore(file);
  const elapsedMs = performance.now() - started;
  await expect(openStore(file)).rejects.toThrow(`is in use by process ${process.pid}`);
  store.close();
  expect(readdirSync(folder)).toEqual(["data.sqlite"]);
  return elapsedMs;
}

test.each([
  ["a process that is gone", ["999999999"]],
  ["a process whose id another one has now", [String(process.ppid), "1"]],
])("the lock of %s is taken over at once, with the database's own", async (_, fields) => {
  const owner = await ownerFields();
  writeFileSync(`${file}.owner`, [...fields, ...owner.slice(fields.length)].join(" "));
  mkdirSync(`${file}.lock`);
  expect(await takeOver()).toBeLessThan(2000);
});

const onLinux = existsSync("/proc/self/stat") ? test : test.skip;
const named = (name: string) => (onLinux === test ? name : `${name} (skipped: no /proc here)`);

onLinux(
  named("the lock of a process that has ended but was not collected is taken over at once"),
  async () => {
    // The shell becomes a program that never collects its child.
    const parent = spawn("sh", ["-c", "sleep 0.01 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const pid = String((await once(parent.stdout, "data"))[0]).trim();
    const [, started] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ").slice(18) ?? [];
    const owner = await ownerFields();
    writeFileSync(`${file}.owner`, [pid, started, ...owner.slice(2)].join(" "));
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) await sleep(10);
    expect(await takeOver()).toBeLessThan(2000);
    parent.kill();
  },
);

test.each([
  ["a process of another host", "1 12345 3f2a9c1b7d10 system/pid:[1] 0123456789abcdef\n"],
  [
    "a process of another container with the same host name",
    `1 1 ${hostname()} system/pid:[1] 0123456789abcdef\n`,
  ],
  ["nobody", ""],
])("the lock of %s is taken over once nobody has touched it for some seconds", async (_, owner) => {
  writeFileSync(`${file}.owner`, owner);
  // A file system may have a clock of its own.
  utimesSync(`${file}.owner`, new Date("2000-01-01"), new Date("2100-01-01"));
  const elapsedMs = await takeOver();
  expect(elapsedMs).toBeGreaterThan(4000);
  expect(elapsedMs).toBeLessThan(8000);
});

test("a live process of another container keeps its lock, and is named", async () => {
  writeFileSync(`${file}.owner`, "1 12345 3f2a9c1b7d10 system/pid:[1] 0123456789abcdef\n");
  let touches = 0;
  const touching = setInterval(() => utimesSync(`${file}.owner`, 1, ++touches), 1000);
  await expect(openStore(file)).rejects.toThrow(
    `${file} is in use by process 1 on 3f2a9c1b7d10. Stop that one, or give this one another file.`,
  );
  clearInterval(touching);
});

test("an owner touches its lock all the time, also during a long write", async () => {
  const store = await openStore(file);
  const times = new Set<number>();
  for (let looks = 0; looks < 15; looks++) {
    times.add(statSync(`${file}.owner`).mtimeMs);
    await sleep(200);
  }
  expect(times.size).toBeGreaterThan(2);
  const before = statSync(`${file}.owner`).mtimeMs;
  const servers = Array.from({ length: 2000 }, (_, at) => newServer("acct_a", { name: String(at) }));
  // The timer gets no turn before `replace` returns.
  for (const end = Date.now() + 1100; Date.now() < end; );
  store.replace({ accounts: [newAccount({ id: "acct_a" })], servers });
  expect(statSync(`${file}.owner`).mtimeMs).toBeGreaterThan(before);
  store.close();
});

/**
 * Takes the lock of each file at the same moment as other processes, tells which it got, and keeps them until it is killed.
 * Random pauses around each step on the file system give the others time to come between any two.
 */
const RACER = `
  const fs = require("node:fs");
  const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * 3);
  for (const name of ["readFileSync", "writeFileSync", "renameSync", "rmSync"]) {
    const step = fs[name];
    fs[name] = (...args) => {
      if (!String(args[0]).includes(".owner")) return step(...args);
      pause();
      try {
        return step(...args);
      } finally {
        pause();
      }
    };
  }
  const [lock, startMs, ...files] = process.argv.slice(1);
  const { lockDataFile } = require(lock);
  (async () => {
    const won = [];
    for (const [round, file] of files.entries()) {
      while (Date.now() < Number(startMs) + round * 20);
      try {
        won.push((await lockDataFile(file)) && file);
      } catch (error) {
        if (!error.message.includes("is in use by process")) throw error;
      }
    }
    console.log(JSON.stringify(won));
    setInterval(() => {}, 1000);
  })();`;

test("of processes that find the same dead owner at the same moment, one gets in", async () => {
  const owner = (await ownerFields()).slice(1);
  const files = Array.from({ length: 60 }, (_, at) => path.join(folder, `${at}.sqlite`));
  for (const each of files) writeFileSync(`${each}.owner`, ["999999999", ...owner].join(" "));
  const module = path.join(path.dirname(COMMAND), "data-file-lock.js");
  const racers = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ["-e", RACER, module, String(Date.now() + 1500), ...files], {
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  const won = await Promise.all(
    racers.map(async ({ stdout }) => JSON.parse(String((await once(stdout, "data"))[0])) as string[]),
  );
  for (const racer of racers) racer.kill();
  expect(won.flat().toSorted()).toEqual(files.toSorted());
});

test("of commands that wait for the same owner of another host, one gets in", async () => {
  writeFileSync(`${file}.owner`, "1 12345 3f2a9c1b7d10 system/pid:[1] 0123456789abcdef\n");
  const started = await Promise.all(
    Array.from({ length: 3 }, () => startCommand(["--data", file]).catch((error: Error) => error.message)),
  );
  const [running, ...others] = started.filter((one) => typeof one !== "string");
  expect(others).toEqual([]);
  for (const refused of started.filter((one) => typeof one === "string"))
    expect(refused).toContain(`is in use by process ${running?.process.pid}.`);
  await running?.end("SIGTERM");
});

test("the right to take over that a killed process held is taken over, too", async () => {
  const owner = await ownerFields();
  for (const name of ["owner", "owner.next", "owner.next.next"])
    writeFileSync(`${file}.${name}`, ["999999999", ...owner.slice(1)].join(" "));
  expect(await takeOver()).toBeLessThan(2000);
});

test("a process that lost its lock while it was suspended writes nothing more", async () => {
  const store = await openStore(file);
  store.putAccount(newAccount({ id: "acct_a" }));
  const other = readFileSync(`${file}.owner`, "utf8").replace(/\w+\n$/, "0123456789abcdef\n");
  writeFileSync(`${file}.owner`, other);
  const before = readdirSync(folder).map((name) => [name, statSync(path.join(folder, name)).mtimeMs]);
  expect(() => store.add(newServer("acct_a", { name: "A" }))).toThrow(
    "was not changed: its lock was removed, or taken over while this process was suspended",
  );
  expect(store.list()).toEqual([]);
  store.close();
  expect(readdirSync(folder).map((name) => [name, statSync(path.join(folder, name)).mtimeMs])).toEqual(
    before,
  );
});

test("an owner file that cannot be read is an error and not waited for", async () => {
  mkdirSync(`${file}.owner`);
  await expect(openStore(file)).rejects.toThrow(`${file} cannot be used, because its lock cannot be read`);
  rmdirSync(`${file}.owner`);
  symlinkSync(path.join(folder, "nothing"), `${file}.owner`);
  await expect(openStore(file)).rejects.toThrow(`${file}.owner can be neither created nor read`);
});

test.each([
  ["a file", () => writeFileSync(`${file}.lock`, "mine")],
  ["an empty folder that no killed process left", () => mkdirSync(`${file}.lock`)],
])("%s that has the name of the database's own lock is left alone", async (_, make) => {
  make();
  await expect(openStore(file)).rejects.toThrow("Give another file, or remove it if nothing uses it");
  expect(readdirSync(folder)).toEqual(["data.sqlite.lock"]);
});

test("a file that is not a database of ours, or of another version, is refused and left unchanged", async () => {
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
    const foreign = path.join(folder, name);
    const database = new sqlite.Database(foreign);
    database.exec(sql);
    database.close();
    const before = readFileSync(foreign);
    await expect(openStore(foreign)).rejects.toThrow(message);
    expect(readFileSync(foreign).equals(before)).toBe(true);
  }
});
