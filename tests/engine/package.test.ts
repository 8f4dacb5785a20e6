import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Reference, startReference } from "../../provider/reference";
import { ROOT } from "../../tools/root";
import { createWorkspace, linkPackages, runCommand } from "../../tools/workspace";

let reference: Reference;
let packed: string;
let tarball: string;

beforeAll(async () => {
  reference = await startReference();
  packed = mkdtempSync(path.join(tmpdir(), "pulumi-postject-pack-"));
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", packed, "--loglevel=error"], {
    cwd: ROOT,
  });
  tarball = path.join(packed, readdirSync(packed)[0] ?? "");
});

afterAll(async () => {
  rmSync(packed, { recursive: true, force: true });
  await reference.stop();
});

const pin = (name: string) =>
  (
    JSON.parse(readFileSync(path.join(ROOT, "node_modules", name, "package.json"), "utf8")) as {
      version: string;
    }
  ).version;

/** Runs the quickstart in another folder, with its packages installed there as a user would. */
async function runInstalled(source: string, install: readonly [string, ...string[]]): Promise<void> {
  const workspace = createWorkspace({
    example: "examples/quickstart",
    engine: [],
    bare: true,
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  const manifest = path.join(workspace.folder, "package.json");
  const program = JSON.parse(readFileSync(manifest, "utf8"));
  program.dependencies = { "@pulumi/pulumi": pin("@pulumi/pulumi"), "pulumi-postject": source };
  program.devDependencies = { "@types/node": pin("@types/node"), typescript: pin("typescript") };
  writeFileSync(manifest, JSON.stringify(program));
  try {
    const [command, ...args] = install;
    expect(await runCommand(command, args, workspace.folder, workspace.env)).toMatchObject({ exitCode: 0 });
    for (const args of [
      ["stack", "init", "dev"],
      ["up", "--yes", "--skip-preview"],
    ]) {
      const { exitCode, stdout, stderr } = await workspace.pulumi(args);
      expect({ exitCode, printed: exitCode === 0 ? "" : stdout + stderr }).toEqual({
        exitCode: 0,
        printed: "",
      });
    }
    expect(reference.servers()).toHaveLength(2);
    const destroyed = await workspace.pulumi(["destroy", "--yes", "--skip-preview"], {
      POSTJECT_DELETION_PROTECTION: "false",
    });
    expect(destroyed.exitCode).toBe(0);
    expect(reference.servers()).toEqual([]);
  } finally {
    workspace.remove();
  }
}

const QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

test(
  "a program in another folder that installs the tarball works",
  () => runInstalled(`file:${tarball}`, ["npm", "install", ...QUIET]),
  300_000,
);

test(
  "so does one that links the checkout",
  () => runInstalled(`file:${ROOT}`, ["npm", "install", "--install-links=false", ...QUIET]),
  300_000,
);

test(
  "so does one that installs the tarball with pnpm",
  () =>
    runInstalled(`file:${tarball}`, [
      path.join(ROOT, "node_modules/.bin/pnpm"),
      "install",
      "--ignore-scripts",
    ]),
  300_000,
);

test("the unpacked package starts its plugin, also after npm has run its prepare script there", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-unpacked-"));
  execFileSync("tar", ["-xzf", tarball, "-C", folder]);
  const unpacked = path.join(folder, "package");
  symlinkSync(path.join(ROOT, "node_modules"), path.join(unpacked, "node_modules"));
  execFileSync("npm", ["run", "prepare", "--silent"], { cwd: unpacked });
  const plugin = spawn(path.join(unpacked, "pulumi-resource-postject"), ["127.0.0.1:1"]);
  const [printed] = await once(plugin.stdout, "data");
  plugin.stdin.end();
  await once(plugin, "exit");
  rmSync(folder, { recursive: true, force: true });
  expect(String(printed)).toMatch(/^\d+\n$/);
});

test("the tarball holds what users need and nothing else", () => {
  const listing = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
  const outside = listing.filter(
    (file) =>
      !/^package\/(dist\/(provider|sdk)\/.*\.(js|d\.ts)|dist\/provider\/reference\/([a-z]+\.(html|json)|swagger-ui\/[\w.-]+)|sdk\/schema\.json|pulumi-resource-postject|PulumiPlugin\.yaml|[A-Z]+(\.md)?|package\.json)$/.test(
        file,
      ),
  );
  expect(outside).toEqual([]);
});

test.each(["node", "node16", "bundler"])(
  "a program type-checks under moduleResolution %s, sub-paths too",
  (resolution) => {
    const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-types-"));
    const module = { node: "commonjs", node16: "node16", bundler: "esnext" }[resolution];
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "es2022",
      module,
      moduleResolution: resolution,
      types: ["node"],
      ...(resolution === "node" && { ignoreDeprecations: "6.0" }),
    };
    writeFileSync(
      path.join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["index.ts"] }),
    );
    writeFileSync(
      path.join(folder, "index.ts"),
      `import * as postject from "pulumi-postject";
import * as dynamic from "pulumi-postject/dynamic";
import { startReference } from "pulumi-postject/reference";
export const { check } = dynamic;
const server = new postject.Server("app", { name: "App" });
export const slug = server.streams.apply((streams) => streams[0]?.slug);
export const url = startReference().then((reference) => reference.url);
// @ts-expect-error a misspelt input is a type error
new postject.Server("b", { nmae: "B" });
`,
    );
    linkPackages(folder);
    const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    rmSync(folder, { recursive: true, force: true });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  },
);
