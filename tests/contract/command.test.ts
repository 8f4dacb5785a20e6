import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { ROOT } from "../../tools/root";

const COMMAND = path.join(ROOT, "dist/provider/reference/main.js");

test("postject-reference prints what a shell and a stack need, answers on loopback, and stops at SIGINT", async () => {
  const command = spawn(process.execPath, [COMMAND, "--plan", "free"]);
  const text = String((await once(command.stdout, "data"))[0]);
  const url = /export POSTJECT_ENDPOINT=(http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? "";
  const token = /export POSTJECT_ACCESS_TOKEN=(\S+)/.exec(text)?.[1] ?? "";
  expect(text).toContain(`pulumi config set postject:endpoint ${url}`);
  expect(text).toContain(`pulumi config set --secret postject:accessToken ${token}`);
  const answer = await fetch(`${url}/v1/servers`, { headers: { authorization: `Bearer ${token}` } });
  expect(await answer.json()).toEqual([]);
  const taken = spawnSync(process.execPath, [COMMAND, "--port", new URL(url).port], { encoding: "utf8" });
  expect(taken).toMatchObject({ status: 1, stderr: expect.stringContaining("The port is taken") });
  command.kill("SIGINT");
  expect(await once(command, "exit")).toEqual([0, null]);
});

test.each([
  [["--port", "x"], "--port takes a number"],
  [["--plan", "huge"], "--plan takes one of"],
  [["--nonsense"], "nonsense"],
])("postject-reference %j is refused with exit code 2", (args, message) => {
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  expect(stderr).not.toMatch(/^\s+at /m);
});
