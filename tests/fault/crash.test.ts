import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { FaultRule } from "../../provider/reference";
import { useReference, useWorkspace } from "../support/fixtures";
import { yamlProgram, yamlServer } from "../support/yaml";

const reference = useReference();
const workspace = useWorkspace("examples/quickstart", { reference });

const RUN = ["--yes", "--skip-preview", "--suppress-progress"];

const programs = {
  plugin: {
    "Pulumi.yaml": yamlProgram({ app: yamlServer({ name: "App" }) }),
  },
  dynamic: {
    "Pulumi.yaml": "name: test\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.js\n",
    "index.js":
      'const { Server } = require("pulumi-postject");\nnew Server("app", { name: "App", adopt: process.env.ADOPT });\n',
  },
} as const;

type Form = keyof typeof programs;

async function declare(form: Form): Promise<void> {
  for (const [name, text] of Object.entries(programs[form]))
    writeFileSync(path.join(workspace.folder, name), text);
  await workspace.pulumi(["stack", "init", "dev"]);
}

/** Processes that serve the provider in this test's folder, found by their environment. */
function providerProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((id) => {
      try {
        const command = readFileSync(`/proc/${id}/cmdline`, "utf8");
        const isProvider = /pulumi-resource-postject|dynamic-provider/.test(command);
        return isProvider && readFileSync(`/proc/${id}/environ`, "utf8").includes(reference.url);
      } catch {
        return false;
      }
    });
}

async function until(what: () => boolean): Promise<void> {
  for (let waited = 0; !what(); waited += 50) {
    if (waited > 30_000) throw new Error(`timed out waiting for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Starts an update that hangs at the last fault, and returns its process once it does. */
async function hangAt(rules: readonly FaultRule[]): Promise<{ cli: ChildProcess; ended: Promise<unknown> }> {
  rules.forEach(reference.faults.add);
  const env = { ...process.env, ...workspace.env };
  const cli = spawn("pulumi", ["up", ...RUN, "--non-interactive"], {
    cwd: workspace.folder,
    env,
    stdio: "ignore",
  });
  const ended = new Promise((done) => cli.once("exit", done));
  await until(() => reference.requests().some(({ fault }) => fault === "hang"));
  return { cli, ended };
}

const hang = { kind: "hang" } as const;

const boundaries: [string, FaultRule[], number][] = [
  ["before the POST", [{ route: "listServers", outcome: hang }], 0],
  ["with a POST that never arrived", [{ route: "createServer", commit: false, outcome: hang }], 0],
  ["with a POST that was carried out", [{ route: "createServer", outcome: hang }], 1],
  [
    "between a POST whose response was lost and the GET that completes it",
    [
      { route: "createServer", outcome: { kind: "reset" } },
      { route: "getServer", outcome: hang },
    ],
    1,
  ],
];

const cases = (["plugin", "dynamic"] as const).flatMap((form) =>
  (["provider", "engine"] as const).flatMap((victim) =>
    boundaries.map(([when, rules, servers]) => ({ form, victim, when, rules, servers })),
  ),
);

test.each(cases)(
  "$form form: the $victim killed $when leads to no second server",
  async ({ form, victim, rules, servers }) => {
    await declare(form);
    const { cli, ended } = await hangAt(rules);
    const providers = providerProcesses();
    expect(providers.length).toBeGreaterThan(0);
    if (victim === "engine") cli.kill("SIGKILL");
    else for (const id of providers) process.kill(id, "SIGKILL");
    await ended;
    await until(() => providerProcesses().length === 0);
    reference.faults.clear();
    expect(reference.servers()).toHaveLength(servers);

    if (victim === "engine") await workspace.pulumi(["cancel", "--yes"]);
    const next = await workspace.pulumi(["up", ...RUN]);
    const [server] = reference.servers();
    if (servers === 1) {
      expect(next.stdout).toContain("[name-taken]");
      const id = server?.id ?? "";
      expect(next.stdout).toContain(
        form === "plugin" ? `pulumi import postject:index:Server app ${id}` : `adopt: "${id}"`,
      );
      if (victim === "engine") await workspace.pulumi(["refresh", ...RUN, "--clear-pending-creates"]);
      const recovered =
        form === "plugin"
          ? await workspace.pulumi(["import", "postject:index:Server", "app", id, "--yes"])
          : await workspace.pulumi(["up", ...RUN], { ADOPT: id });
      expect({
        exitCode: recovered.exitCode,
        printed: recovered.exitCode === 0 ? "" : recovered.stdout,
      }).toEqual({
        exitCode: 0,
        printed: "",
      });
    }
    const { deployment } = JSON.parse((await workspace.pulumi(["stack", "export"])).stdout);
    const ids = deployment.resources.map(({ id }: { id?: string }) => id);
    expect(reference.servers()).toHaveLength(1);
    expect(ids).toContain(reference.servers()[0]?.id);
  },
);
