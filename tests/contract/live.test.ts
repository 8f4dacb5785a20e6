import path from "node:path";
import { ROOT } from "../../tools/root";
import { runCommand } from "../../tools/workspace";
import { useReference } from "../support/fixtures";

/** Stands in for Postject itself: the command under test knows only its address and a token. */
const live = useReference({
  seed: { servers: [{ name: "Production App" }] },
  onRequest: () => {
    for (const { name } of live.servers()) names.add(name);
  },
});

/** Every name that a server has had. */
const names = new Set<string>();

beforeEach(() => names.clear());

const testLive = (args: string[], env: Record<string, string> = {}) =>
  runCommand(process.execPath, [path.join(ROOT, "dist/tools/test-live.js"), ...args], ROOT, {
    POSTJECT_LIVE_ENDPOINT: live.url,
    ...env,
  });

test("test:live sends nothing without an access token or a yes, and says what it would do", async () => {
  const withoutToken = await testLive(["--yes"]);
  expect(withoutToken).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("Set POSTJECT_LIVE_ACCESS_TOKEN"),
  });
  const withoutYes = await testLive([], { POSTJECT_LIVE_ACCESS_TOKEN: live.accessToken });
  expect(withoutYes).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`at ${live.url}. If that is meant: \`npm run test:live -- --yes\``),
  });
  expect(live.requestCount()).toBe(0);
});

test("test:live passes against an API that keeps the contract, under names of its own, and leaves nothing behind", async () => {
  const { exitCode, stderr } = await testLive(["--yes"], { POSTJECT_LIVE_ACCESS_TOKEN: live.accessToken });
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(live.requests({ method: "POST", status: 201 }).length).toBeGreaterThan(4);
  expect(live.servers().map(({ name }) => name)).toEqual(["Production App"]);
  const foreign = [...names].filter((name) => !/^pulumi-postject-contract-[0-9a-f]{8}-/.test(name));
  expect(foreign).toEqual(["Production App"]);
});

test("test:live fails against an API that breaks the contract, and cleans up all the same", async () => {
  live.faults.add({
    route: "getServer",
    times: 100,
    outcome: { kind: "response", status: 200, body: { id: "x" } },
  });
  const { exitCode, stderr } = await testLive([], {
    POSTJECT_LIVE_ACCESS_TOKEN: live.accessToken,
    POSTJECT_LIVE_YES: "1",
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("a get adds slug, description and time to each stream");
  expect(live.requests({ method: "POST", status: 201 }).length).toBeGreaterThan(4);
  expect(live.servers().map(({ name }) => name)).toEqual(["Production App"]);
});
