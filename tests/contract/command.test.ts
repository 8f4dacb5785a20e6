import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VERSION } from "../../provider/spec";
import { useFolder } from "../support/fixtures";
import { COMMAND, type RunningCommand, runCommand, startCommand } from "../support/reference-command";
import { control, send } from "../support/send";

const folder = useFolder({ per: "file" });

function write(name: string, content: unknown): string {
  const file = path.join(folder.path, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const portOf = ({ url }: RunningCommand) => new URL(url).port;

test("the command prints its URL, the access token once and how to connect, and stops at SIGINT", async () => {
  const command = await startCommand(["--plan", "free"]);
  const { url, accessToken } = command;
  expect(
    command.printed().replaceAll(accessToken, "<access token>").replaceAll(portOf(command), "<port>"),
  ).toBe(
    `Postject reference API ${VERSION}: http://127.0.0.1:<port>

Access token, valid for 30 days while this process runs:
  <access token>

To connect another shell:
  eval "$(npx postject-reference env --port <port>)"
Add --format powershell, dotenv or pulumi to get the lines for another use.

Servers: 0, kept in memory.
Contents: http://127.0.0.1:<port>/   Routes: http://127.0.0.1:<port>/_reference/docs
Ctrl-C stops it.
`,
  );
  expect(command.printed().split(accessToken)).toHaveLength(2);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await (await send(command, "GET", "/v1/servers")).json()).toEqual([]);
  expect(await command.end("SIGINT")).toEqual([0, null]);
});

test("without a control plane, the command prints the lines that connect a shell", async () => {
  const command = await startCommand(["--no-control", "--host", "localhost"]);
  const { url, accessToken } = command;
  expect(command.printed()).toContain(
    `  export POSTJECT_ENDPOINT=${url}\n  export POSTJECT_ACCESS_TOKEN=${accessToken}\n`,
  );
  expect(command.printed()).not.toMatch(/_reference|postject-reference env/);
});

test.each([
  ["shell", /^export POSTJECT_ENDPOINT=(\S+)\nexport POSTJECT_ACCESS_TOKEN=(\S+)\n$/],
  ["powershell", /^\$env:POSTJECT_ENDPOINT = '(\S+)'\n\$env:POSTJECT_ACCESS_TOKEN = '(\S+)'\n$/],
  ["dotenv", /^POSTJECT_ENDPOINT=(\S+)\nPOSTJECT_ACCESS_TOKEN=(\S+)\n$/],
  [
    "pulumi",
    /^pulumi config set postject:endpoint (\S+)\npulumi config set --secret postject:accessToken (\S+)\n$/,
  ],
])("env --format %s prints only its lines, with an access token that works", async (format, lines) => {
  const command = await startCommand();
  const { status, stdout } = runCommand("env", "--port", portOf(command), "--format", format);
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(lines) });
  const [, url, accessToken = ""] = lines.exec(stdout) ?? [];
  expect(url).toBe(command.url);
  expect((await send(command, "GET", "/v1/servers", { accessToken })).status).toBe(200);
});

test("env says what to do where no reference runs", async () => {
  const closed = await startCommand(["--no-control"]);
  expect(runCommand("env", "--port", portOf(closed))).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("not a postject-reference, or it was started with --no-control"),
  });
  const listener = createServer();
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  const { port } = listener.address() as { port: number };
  await new Promise((done) => listener.close(done));
  expect(runCommand("env", "--port", String(port))).toMatchObject({
    status: 1,
    stderr: `postject-reference: Nothing responds at http://127.0.0.1:${port}. Start it with \`npx postject-reference --port ${port}\`.\n`,
  });
});

test("env names the option that lets a reference be reached by a host name, and works with it", async () => {
  // Another container's DNS leads from the service's name to the reference.
  const dns = write(
    "dns.cjs",
    `const dns = require("node:dns");
    const { lookup } = dns;
    dns.lookup = (name, ...rest) => lookup(name === "reference" ? "127.0.0.1" : name, ...rest);`,
  );
  const env = (port: string) =>
    spawnSync(process.execPath, ["--require", dns, COMMAND, "env", "--host", "reference", "--port", port], {
      encoding: "utf8",
    });
  const refusing = await startCommand(["--host", "0.0.0.0"]);
  expect(env(portOf(refusing))).toMatchObject({
    status: 1,
    stdout: "",
    stderr:
      `postject-reference: The postject-reference at http://reference:${portOf(refusing)} refuses requests for the ` +
      "name reference on its control plane. Start it with `--control-host reference`, or give its address with --host.\n",
  });
  const command = await startCommand([
    "--host",
    "0.0.0.0",
    "--control-host",
    "x",
    "--control-host",
    "reference",
  ]);
  expect(env(portOf(command))).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(`export POSTJECT_ENDPOINT=http://reference:${portOf(command)}\n`),
  });
});

test("--seed and --faults apply from the first request, and --log shows each request without its tokens", async () => {
  // With a byte order mark, as editors on Windows write it.
  const seed = `\ufeff${JSON.stringify({ servers: [{ name: "Seeded", token: "pt_live_seeded" }] })}`;
  const faults = [{ route: "listServers", outcome: { kind: "response", status: 503, body: "no" } }];
  const command = await startCommand([
    ...["--seed", write("seed.json", seed), "--faults", write("faults.json", faults), "--log"],
  ]);
  expect((await send(command, "GET", "/v1/servers?token=pt_live_abc")).status).toBe(503);
  expect(await (await send(command, "GET", "/v1/servers")).json()).toMatchObject([{ name: "Seeded" }]);
  await send(command, "GET", "/v1/servers/pt_live_abc");
  const logged = command.printed().split("Ctrl-C stops it.\n")[1];
  expect(logged?.replace(/^\S+Z|[\d.]+(?= ms)/gm, "…")).toBe(
    "… GET /v1/servers 503 … ms (fault: response)\n… GET /v1/servers 200 … ms\n… GET /v1/servers/[token] 404 … ms\n",
  );
});

test("requests are served on although nobody reads what --log writes any more", async () => {
  const command = await startCommand(["--log"]);
  command.process.stderr?.destroy();
  for (let count = 0; count < 5; count++) {
    expect((await send(command, "GET", "/v1/servers")).status).toBe(200);
    await sleep(20);
  }
});

test("a host other than loopback prints a warning, which says more if the control plane is open", async () => {
  const open = await startCommand(["--host", "0.0.0.0"]);
  expect(open.printed()).toContain(
    "warning: anyone who can reach 0.0.0.0 can use this reference and control it",
  );
  expect(open.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect((await control(open, "GET", "health")).status).toBe(200);
  const closed = await startCommand(["--host", "0.0.0.0", "--no-control"]);
  expect(closed.printed()).toContain("can use this reference.\n");
  for (const path of ["/", "/_reference/health"]) expect((await send(closed, "GET", path)).status).toBe(404);
});

test("SIGTERM lets a request in flight finish", async () => {
  const command = await startCommand();
  await control(command, "POST", "faults", { outcome: { kind: "delay", ms: 300 } });
  const slow = send(command, "GET", "/v1/servers");
  while ((await control(command, "GET", "requests")).body.count === 0) await sleep(5);
  const ended = command.end("SIGTERM");
  expect((await slow).status).toBe(200);
  expect(await ended).toEqual([0, null]);
});

test("a port that is taken ends the command with exit code 1 and says what to do", async () => {
  const port = portOf(await startCommand());
  expect(runCommand("--port", port)).toEqual({
    status: 1,
    stdout: "",
    stderr: `postject-reference: Port ${port} is taken, perhaps by another postject-reference. Give another one with --port, or --port 0 for any free one.\n`,
  });
});

test("an address of another machine as host ends the command with exit code 1", () => {
  expect(runCommand("--port", "0", "--host", "192.0.2.1")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("192.0.2.1 is not an address of this machine"),
  });
});

test.each([
  [["--port", "x"], "It takes a whole number up to 65535"],
  [["--port", "65536"], "It takes a whole number up to 65535"],
  [["--plan", "huge"], "Allowed choices are free, starter"],
  [["--host", "", "--port", "0"], "host: must not be empty"],
  [["--control-host", "reference:7678", "--port", "0"], "must be a host name alone, without scheme and port"],
  [["--nonsense"], "unknown option '--nonsense'"],
  [["nonsense"], "unknown command 'nonsense'; the only one is 'env'"],
  [["--seed", "/nowhere.json"], "--seed: /nowhere.json is not a JSON file"],
])("%j is refused with exit code 2", (args, message) => {
  const { status, stderr } = runCommand(...args);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  expect(stderr).not.toMatch(/^\s+at /m);
});

test.each([
  ["--seed", { servers: [{ name: "" }] }, "seed.servers.0.name: must not be empty or blank"],
  ["--seed", { servers: [{ name: "A", accountId: "x" }] }, "Account x does not exist"],
  ["--faults", [{ outcome: { kind: "response", status: 99 } }], "faults.0.outcome.status: Too small"],
])(
  "an invalid file for %s ends the command with exit code 2 and is explained",
  (option, content, message) => {
    expect(runCommand(option, write("wrong.json", content), "--port", "0")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(message),
    });
  },
);

test("100,000 mistakes in a seed are explained in a few lines", () => {
  const servers = Array.from({ length: 100_000 }, () => ({ name: "" }));
  const { status, stderr } = runCommand("--seed", write("wrong.json", { servers }), "--port", "0");
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining("; and 99980 more problems\n"),
  });
  expect(stderr.length).toBeLessThan(2000);
});

test("--version prints the version and --help the exit codes", () => {
  expect(runCommand("--version")).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
  expect(runCommand("--help")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("Exit codes: 0 stopped"),
  });
});

test("output that cannot be written ends in one line and exit code 1; a reader may stop early", () => {
  const inShell = (line: string) =>
    spawnSync("bash", ["-o", "pipefail", "-c", `"${process.execPath}" "${COMMAND}" ${line}`], {
      encoding: "utf8",
    });
  expect(inShell("--help > /dev/full")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^postject-reference: cannot write to standard output: .*\n$/),
  });
  expect(inShell("--help | head -n 1")).toMatchObject({ status: 0, stderr: "" });
});
