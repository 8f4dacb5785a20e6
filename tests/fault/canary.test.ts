// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a program stands in a string here
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { examples } from "../../provider/spec/examples";
import { ROOT } from "../../tools/root";
import { refuse, respond } from "../support/faults";
import { useReference, useWorkspace } from "../support/fixtures";
import { readAll } from "../support/stack";
import { yamlProgram, yamlServer } from "../support/yaml";

const reference = useReference();
const workspace = useWorkspace("examples/quickstart", { reference });

/** A secret as it is, and in the forms it may be carried in. */
function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString("base64").replace(/=+$/, "");
  // In a longer text base64 depends on where the secret starts: the middle of each alignment is looked for.
  const shifted = [1, 2].map((shift) =>
    Buffer.from("x".repeat(shift) + secret)
      .toString("base64")
      .slice(4, -4),
  );
  return [secret, encodeURIComponent(secret), base64.slice(0, -2), ...shifted];
}

/** At its most verbose, the engine logs every provider's properties as it and its SDK pass them on. */
const ENGINES_OWN = /(Unm|M)arshaling property for RPC|RegisterResource RPC finished/;

/** Which secrets stand in a text. */
function findSecrets(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}

/** Runs the program through its life with faults, verbosely. Returns everything printed and stored. */
async function live(): Promise<string> {
  const printed: string[] = [];
  const pulumi = async (args: string[], env: Record<string, string> = {}) => {
    const { stdout, stderr } = await workspace.pulumi([...args, "--logtostderr", "-v=9"], env);
    printed.push(stdout, stderr, readAll(path.dirname(workspace.folder), { except: "node_modules" }));
  };
  const echo = refuse(400, `You sent Bearer ${reference.accessToken}`);
  const run = ["--yes", "--skip-preview"];
  await pulumi(["stack", "init", "dev"]);
  reference.faults.add({ route: "createServer", commit: false, outcome: echo });
  await pulumi(["up", ...run]);
  reference.faults.clear();
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  reference.faults.add({ route: "getServer", skip: 1, times: 4, outcome: respond(500) });
  await pulumi(["up", ...run]);
  await pulumi(["up", ...run]);
  await pulumi(["preview", "--diff"]);
  reference.faults.add({ route: "getServer", outcome: echo });
  await pulumi(["refresh", ...run]);
  reference.faults.clear();
  await pulumi(["destroy", ...run]);
  await pulumi(["destroy", ...run], { POSTJECT_DELETION_PROTECTION: "false" });
  const lines = [...printed, JSON.stringify(reference.requests())].join("\n").split("\n");
  return lines.filter((line) => !ENGINES_OWN.test(line)).join("\n");
}

const PROGRAM = `import * as postject from "pulumi-postject";
const app = new postject.Server("app", { name: "App" });
const marketing = new postject.Server("marketing", {}, { dependsOn: app });
export const token = app.token;
`;

const YAML_PROGRAM = yamlProgram(
  { app: yamlServer({ name: "App" }), marketing: yamlServer({}, { dependsOn: ["${app}"] }) },
  { outputs: { token: "${app.token}" } },
);

test.each(["dynamic", "plugin"])(
  "no secret appears in plain text in the life of the %s form, with faults and verbose logs",
  async (form) => {
    const [file, text] = form === "plugin" ? ["Pulumi.yaml", YAML_PROGRAM] : ["index.ts", PROGRAM];
    writeFileSync(path.join(workspace.folder, file), text);
    const tokens: string[] = [];
    const watch = setInterval(() => tokens.push(...reference.servers().map(({ token }) => token)), 50);
    const all = await live();
    clearInterval(watch);
    const secrets = [reference.accessToken, ...new Set(tokens)];
    expect(secrets.length).toBeGreaterThanOrEqual(3);
    expect(findSecrets(all, secrets)).toEqual([]);
  },
);

test("a program that leaks a token on purpose is caught", async () => {
  const leak =
    'marketing.token.apply((token) => console.log(Buffer.from(`x${token}`).toString("base64")));\n';
  writeFileSync(path.join(workspace.folder, "index.ts"), PROGRAM + leak);
  await workspace.pulumi(["stack", "init", "dev"]);
  const { stdout } = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
  const tokens = reference.servers().map(({ token }) => token);
  expect(findSecrets(stdout, tokens)).toHaveLength(1);
});

test("the tarball contains only the tokens that the contract's page shows", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-canary-"));
  const pack = ["pack", "--ignore-scripts", "--pack-destination", folder, "--loglevel=error"];
  execFileSync("npm", pack, { cwd: ROOT });
  const [tarball = ""] = readdirSync(folder);
  const text = execFileSync("tar", ["-xzOf", path.join(folder, tarball)], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  rmSync(folder, { recursive: true, force: true });
  const shown = examples.listServers.response.map(({ token }) => token);
  const found = text.match(/pt_live_[0-9a-z]{32}|eyJ[\w-]{10,}\.eyJ/g) ?? [];
  expect(found.filter((token) => !shown.includes(token))).toEqual([]);
});
