import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { VERSION } from "../../provider/spec";
import { COMMAND, type RunningCommand, startCommand } from "../support/reference-command";

let folder: string;
let command: RunningCommand | undefined;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-command-"));
});

afterEach(async () => {
  if (command?.process.exitCode === null && command.process.signalCode === null) await command.end("SIGKILL");
  command = undefined;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command to its end. */
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

function write(name: string, content: unknown): string {
  const file = path.join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const get = (path: string) =>
  fetch(command?.url + path, { headers: { authorization: `Bearer ${command?.accessToken}` } });

const portOf = (url = "") => new URL(url).port;

test("the command prints ready lines for a shell, a stack and a .env file, answers on loopback and stops at SIGINT", async () => {
  command = await startCommand(["--plan", "free"]);
  const { url, accessToken } = command;
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(command.printed()).toContain(`pulumi config set postject:endpoint ${url}\n`);
  expect(command.printed()).toContain(`pulumi config set --secret postject:accessToken ${accessToken}\n`);
  expect(command.printed()).toContain(`  POSTJECT_ENDPOINT=${url}\n  POSTJECT_ACCESS_TOKEN=${accessToken}\n`);
  expect(await (await get("/v1/servers")).json()).toEqual([]);
  expect(await command.end("SIGINT")).toEqual([0, null]);
});

test("env prints the lines alone, with a token that a running reference takes", async () => {
  command = await startCommand();
  const { status, stdout } = run("env", "--port", portOf(command.url), "--format", "dotenv");
  expect(status).toBe(0);
  const [endpoint, token, ...rest] = stdout.split("\n");
  expect([endpoint, ...rest]).toEqual([`POSTJECT_ENDPOINT=${command.url}`, ""]);
  const authorization = `Bearer ${token?.replace("POSTJECT_ACCESS_TOKEN=", "")}`;
  expect((await fetch(`${command.url}/v1/servers`, { headers: { authorization } })).status).toBe(200);
});

test("env says what to do where no reference is", async () => {
  const listener = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nhello"));
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  const { port } = listener.address() as { port: number };
  const asked = await startCommand(["--no-control"]);
  expect(run("env", "--port", portOf(asked.url))).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("not a postject-reference, or it was started with --no-control"),
  });
  await asked.end("SIGKILL");
  listener.close();
  expect(run("env", "--port", String(port))).toMatchObject({
    status: 1,
    stderr: `postject-reference: Nothing responds at http://127.0.0.1:${port}. Start it with \`postject-reference --port ${port}\`.\n`,
  });
});

test("env says which option lets a reference be reached by a name, and works with it", async () => {
  // Another container's DNS leads from the service's name to the reference.
  const dns = write(
    "dns.cjs",
    `const dns = require("node:dns");
    const { lookup } = dns;
    dns.lookup = (name, ...rest) => lookup(name === "reference" ? "127.0.0.1" : name, ...rest);`,
  );
  const env = (url: string) =>
    spawnSync(
      process.execPath,
      ["--require", dns, COMMAND, "env", "--host", "reference", "--port", portOf(url)],
      { encoding: "utf8" },
    );
  command = await startCommand(["--host", "0.0.0.0"]);
  expect(env(command.url)).toMatchObject({
    status: 1,
    stdout: "",
    stderr:
      `postject-reference: The postject-reference at http://reference:${portOf(command.url)} refuses requests for the ` +
      "name reference on its control plane. Start it with `--control-host reference`, or give its address with --host.\n",
  });
  await command.end("SIGTERM");
  command = await startCommand(["--host", "0.0.0.0", "--control-host", "x", "--control-host", "reference"]);
  expect(env(command.url)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(`export POSTJECT_ENDPOINT=http://reference:${portOf(command.url)}\n`),
  });
});

test("--seed and --faults are there from the first request, and --log shows each request without its tokens", async () => {
  // With a byte order mark, as editors of Windows write it.
  const seed = write(
    "seed.json",
    `\ufeff${JSON.stringify({ servers: [{ name: "Seeded", token: "pt_live_seeded" }] })}`,
  );
  const faults = write("faults.json", [
    { route: "listServers", outcome: { kind: "response", status: 503, body: "no" } },
  ]);
  command = await startCommand(["--seed", seed, "--faults", faults, "--log"]);
  expect((await get("/v1/servers?token=pt_live_abc")).status).toBe(503);
  expect(await (await get("/v1/servers")).json()).toMatchObject([{ name: "Seeded" }]);
  await get("/v1/servers/pt_live_abc");
  const logged = command.printed().split("Ctrl-C stops it.\n")[1];
  expect(logged?.replace(/^\S+Z|[\d.]+(?= ms)/gm, "…")).toBe(
    "… GET /v1/servers 503 … ms (fault: answer)\n… GET /v1/servers 200 … ms\n… GET /v1/servers/[token] 404 … ms\n",
  );
});

test("--host other than loopback warns, and says more where the control plane is open", async () => {
  command = await startCommand(["--host", "0.0.0.0"]);
  expect(command.printed()).toContain(
    "warning: anyone who can reach 0.0.0.0 can use this reference and control it",
  );
  expect(command.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect((await get("/_reference/health")).status).toBe(200);
  await command.end("SIGTERM");
  command = await startCommand(["--host", "0.0.0.0", "--no-control"]);
  expect(command.printed()).toContain("can use this reference.\n");
  expect((await get("/_reference/health")).status).toBe(404);
  expect((await get("/")).status).toBe(404);
});

test("a port that is taken is exit code 1, and the message says what to do", async () => {
  command = await startCommand();
  const port = portOf(command.url);
  expect(run("--port", port)).toEqual({
    status: 1,
    stdout: "",
    stderr: `postject-reference: Port ${port} is taken, perhaps by another postject-reference. Give another one with --port, or --port 0 for any free one.\n`,
  });
});

test("a host that is not this machine is exit code 1", () => {
  expect(run("--port", "0", "--host", "192.0.2.1")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("192.0.2.1 is not an address of this machine"),
  });
});

test.each([
  [["--port", "x"], "It takes a whole number up to 65535"],
  [["--port", "65536"], "It takes a whole number up to 65535"],
  [["--plan", "huge"], "Allowed choices are free, starter"],
  [["--control-host", "reference:7678", "--port", "0"], "must be a host name alone, without scheme and port"],
  [["--nonsense"], "unknown option '--nonsense'"],
  [["nonsense"], "too many arguments"],
  [["--seed", "/nowhere.json"], "--seed: /nowhere.json is not a JSON file"],
])("%j is refused with exit code 2", (args, message) => {
  const { status, stderr } = run(...args);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  expect(stderr).not.toMatch(/^\s+at /m);
});

test.each([
  ["--seed", { servers: [{ name: "" }] }, "seed.servers.0.name: must not be empty or blank"],
  ["--seed", { servers: [{ name: "A", accountId: "x" }] }, "There is no account x"],
  ["--faults", [{ outcome: { kind: "response", status: 99 } }], "faults.0.outcome.status: Too small"],
])(
  "a file for %s that cannot be right is exit code 2 and names what is wrong",
  (option, content, message) => {
    expect(run(option, write("wrong.json", content), "--port", "0")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(message),
    });
  },
);

test("--version prints the version and --help the exit codes", () => {
  expect(run("--version")).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
  expect(run("--help")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("Exit codes: 0 stopped"),
  });
});
