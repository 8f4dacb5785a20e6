import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startReference } from "pulumi-postject/reference";
import { newAccount, newServer } from "../../provider/reference/drafts";
import { openStore } from "../../provider/reference/store";
import { ROOT } from "../../tools/root";
import { useFolder } from "../support/fixtures";
import { COMMAND, runCommand, startCommand } from "../support/reference-command";

const folder = useFolder();
let file: string;

beforeEach(() => {
  file = path.join(folder.path, "data.sqlite");
});

test("a second process is refused and told which one has the file, also through a symbolic link that was there first", async () => {
  const link = path.join(folder.path, "link.sqlite");
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
  linkSync(file, path.join(folder.path, "second.sqlite"));
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
  expect(readdirSync(folder.path)).toEqual(["data.sqlite"]);
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
  expect(readdirSync(folder.path)).toEqual(["data.sqlite"]);
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
 * Opens all files at the same moment as other processes do, prints which it got, and keeps them until it is
 * killed. Random pauses around each step on the file system give the others time to come between any two.
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
  const files = Array.from({ length: 40 }, (_, at) => path.join(folder.path, `${at}.sqlite`));
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
  const before = readdirSync(folder.path).map((name) => [
    name,
    statSync(path.join(folder.path, name)).mtimeMs,
  ]);
  expect(() => store.add(newServer("acct_a", { name: "A" }))).toThrow(
    "was not changed: its lock was removed, or taken over while this process was suspended",
  );
  expect(store.list()).toEqual([]);
  store.close();
  expect(
    readdirSync(folder.path).map((name) => [name, statSync(path.join(folder.path, name)).mtimeMs]),
  ).toEqual(before);
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
  const list = () => readdirSync(folder.path, { recursive: true }).filter((name) => name !== "data.sqlite");
  const before = list();
  const { status, stderr } = runCommand("--port", "0", "--data", file);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining("Give another file, or remove it if nothing uses it.\n"),
  });
  expect(list()).toEqual(before);
});
