import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs, {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startReference } from "pulumi-postject/reference";
import { newAccount, newServer } from "../../provider/reference/drafts";
import { openStore } from "../../provider/reference/store";
import { ROOT } from "../../tools/root";
import { COMMAND, runCommand, startCommand } from "../support/reference-command";
import { control, create, send } from "../support/send";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-data-"));
  file = path.join(folder, "data.sqlite");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

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

describe("only one process uses a file", () => {
  test("a second one is refused and told which process has it, also through a symbolic link made before the file", async () => {
    const link = path.join(folder, "link.sqlite");
    symlinkSync(file, link);
    const command = await startCommand(["--data", link]);
    for (const name of [link, file])
      expect(runCommand("--port", "0", "--data", name)).toMatchObject({
        status: 1,
        stderr: `postject-reference: ${file} is in use by process ${command.process.pid}. Stop that process, or give this one another file.\n`,
      });
    await command.end("SIGINT");
    await (await startReference({ dataFile: link })).stop();
  });

  test("a file with two names is refused", async () => {
    await (await startReference({ dataFile: file })).stop();
    linkSync(file, path.join(folder, "second.sqlite"));
    await expect(startReference({ dataFile: file })).rejects.toThrow("it has several names (hard links)");
  });

  test("a killed process that nobody has collected does not keep the file", async () => {
    // The shell becomes a program that never collects its child.
    const parent = spawn(
      "sh",
      [
        "-c",
        '"$0" "$@" >&2 & echo $!; exec sleep 60',
        process.execPath,
        COMMAND,
        "--port",
        "0",
        "--data",
        file,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const pid = Number(String((await once(parent.stdout, "data"))[0]));
    for (let printed = ""; !printed.includes("Ctrl-C"); ) printed += (await once(parent.stderr, "data"))[0];
    process.kill(pid, "SIGKILL");
    await (await startReference({ dataFile: file })).stop();
    parent.kill();
    expect(readdirSync(folder)).toEqual(["data.sqlite"]);
  });

  /** Leaves a lock behind, as a process that was killed in another container would. */
  function leaveLock(claim = "1@3f2a9c1b7d10@0123456789abcdef", of = file): string {
    mkdirSync(`${of}.lock`);
    const claimFile = path.join(`${of}.lock`, claim);
    writeFileSync(claimFile, "");
    // A file system may have a clock of its own.
    utimesSync(claimFile, new Date("2000-01-01"), new Date("2100-01-01"));
    return claimFile;
  }

  test("a live process in another container keeps its lock, and is named", async () => {
    const claim = leaveLock();
    let touches = 0;
    const touching = setInterval(() => utimesSync(claim, 1, ++touches), 500);
    await expect(startReference({ dataFile: file })).rejects.toThrow(
      `${file} is in use by process 1 on 3f2a9c1b7d10. Stop that process, or give this one another file.`,
    );
    clearInterval(touching);
  });

  test.each([
    ["a dead process in another container", "1@3f2a9c1b7d10@0123456789abcdef"],
    ["a dead process whose id belongs to another one now", `${process.pid}@${hostname()}@0123456789abcdef`],
  ])("the lock of %s is taken over", async (_, claim) => {
    leaveLock(claim);
    const store = await openStore(file);
    await expect(openStore(file)).rejects.toThrow(`is in use by process ${process.pid}.`);
    store.close();
    expect(readdirSync(folder)).toEqual(["data.sqlite"]);
  });

  test("an owner touches its claim all the time", async () => {
    const store = await openStore(file);
    const [claim = ""] = readdirSync(`${file}.lock`);
    const times = new Set<number>();
    for (let looks = 0; looks < 15; looks++) {
      times.add(statSync(path.join(`${file}.lock`, claim)).mtimeMs);
      await sleep(200);
    }
    expect(times.size).toBeGreaterThan(2);
    store.close();
  });

  /**
   * Opens all files at the same moment as other processes do, prints which it got, and keeps them until it is killed.
   * Random pauses around each step on the file system give the others time to come between any two.
   */
  const RACER = `
    const fs = require("node:fs");
    const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * 3);
    for (const name of ["mkdirSync", "openSync", "readdirSync", "rmdirSync", "unlinkSync", "writeFileSync"]) {
      const step = fs[name];
      fs[name] = (...args) => {
        if (!String(args[0]).includes(".lock")) return step(...args);
        pause();
        try {
          return step(...args);
        } finally {
          pause();
        }
      };
    }
    const [module, startMs, ...files] = process.argv.slice(1);
    const { openDataFile } = require(module);
    const open = (file) =>
      openDataFile(file, "CREATE TABLE x (y);").then(
        () => [file],
        (error) => (error.message.includes("is in use by") ? [] : [error.message]),
      );
    setTimeout(async () => {
      const won = (await Promise.all(files.map(open))).flat();
      console.log(JSON.stringify(won));
      setInterval(() => {}, 1000);
    }, Number(startMs) - Date.now());`;

  test("of several processes that find the same dead owner, or nobody, exactly one gets in", async () => {
    const files = Array.from({ length: 40 }, (_, at) => path.join(folder, `${at}.sqlite`));
    for (const each of files.slice(10)) leaveLock(undefined, each);
    const module = path.join(ROOT, "dist/provider/reference/data-file.js");
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

  test("a process that lost its lock while it was suspended writes nothing more", async () => {
    const store = await openStore(file);
    store.putAccount(newAccount({ id: "acct_a" }));
    rmSync(`${file}.lock`, { recursive: true });
    leaveLock();
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

  test.each([
    ["a file", () => writeFileSync(`${file}.lock`, "mine")],
    ["an empty folder", () => mkdirSync(`${file}.lock`)],
    [
      "a folder of somebody else's",
      () => {
        mkdirSync(`${file}.lock`);
        writeFileSync(`${file}.lock/mine`, "mine");
      },
    ],
  ])("%s with the name of the lock is left alone", async (_, make) => {
    make();
    const list = () => readdirSync(folder, { recursive: true }).filter((name) => name !== "data.sqlite");
    const before = list();
    const { status, stderr } = runCommand("--port", "0", "--data", file);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining("Give another file, or remove it if nothing uses it.\n"),
    });
    expect(list()).toEqual(before);
  });
});

test("a file that others may read is tightened, because it holds secrets", async () => {
  writeFileSync(file, "");
  chmodSync(file, 0o644);
  const command = await startCommand(["--data", file]);
  await create(command, "A");
  const modes = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name, (statSync(path.join(folder, name)).mode & 0o777).toString(8)]);
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
    mount("-t", "tmpfs", "-o", "size=200k", "tmpfs", folder);
    try {
      const command = await startCommand(["--data", file]);
      await create(command, "A");
      const filler = path.join(folder, "filler");
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
      spawnSync("umount", ["-l", folder]);
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
    const foreign = path.join(folder, name);
    const database = new sqlite.Database(foreign);
    database.exec(sql);
    database.close();
    const before = readFileSync(foreign);
    await expect(openStore(foreign)).rejects.toThrow(message);
    expect(readFileSync(foreign).equals(before)).toBe(true);
  }
  expect(readdirSync(folder).filter((name) => name.includes(".lock"))).toEqual([]);
});
