import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { type UnpackedPackage, unpackPackage } from "../support/unpacked-package";

let unpacked: UnpackedPackage;

beforeAll(() => {
  unpacked = unpackPackage();
});

afterAll(() => unpacked.remove());

/** Runs a program of the checkout's node_modules. */
function run(program: string, ...args: string[]): { status: number | null; printed: string } {
  const file = path.join(ROOT, "node_modules", program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, printed: stdout + stderr };
}

test("the tarball holds what users need and nothing else", () => {
  const { files } = unpacked.tarball;
  const expected =
    /^(dist\/(provider|sdk)\/.*\.(js|d\.ts)|dist\/provider\/reference\/[a-z]+\.(html|json)|sdk\/schema\.json|pulumi-resource-postject|PulumiPlugin\.yaml|(CHANGELOG|README)\.md|LICENSE|package\.json)$/;
  expect(files.filter((file) => !expected.test(file))).toEqual([]);
  expect(files.filter((file) => file.startsWith("dist/provider/schema/"))).toEqual([]);
  expect(files.filter((file) => file.startsWith("dist/provider/hosts/plugin/"))).toEqual([
    "dist/provider/hosts/plugin/main.js",
  ]);
  const scripts = files.filter((file) => /^dist\/provider\/(reference|command)\/.*\.js$/.test(file));
  expect(scripts.toSorted()).toEqual([
    "dist/provider/command/main.js",
    "dist/provider/reference/index.js",
    "dist/provider/reference/main.js",
  ]);
});

/** The size of a folder's files. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}

/** A package and everything that it depends on, as folders of the checkout. */
function dependenciesOf(folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const folders = Object.keys(dependencies).map((name) => path.join(ROOT, "node_modules", name));
  return [...new Set([folder, ...folders.flatMap(dependenciesOf)])];
}

test("the package is at most 2.2 MB unpacked, and an install beside @pulumi/pulumi adds at most 5 MB in two packages", () => {
  const { packedBytes, unpackedBytes } = unpacked.tarball;
  const installed = dependenciesOf(unpacked.package);
  const installedBytes = installed.reduce((sum, folder) => sum + sizeOf(folder), 0);
  const kB = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  process.stdout.write(
    `npm package: ${kB(packedBytes)} packed, ${kB(unpackedBytes)} unpacked; an install adds ${kB(installedBytes)} in ${installed.length} packages\n`,
  );
  expect(unpackedBytes).toBeLessThanOrEqual(2_200_000);
  expect(installedBytes).toBeLessThanOrEqual(5_000_000);
  expect(installed.length).toBeLessThanOrEqual(2);
});

test("publint finds nothing to say about the tarball", () => {
  const { status, printed } = run("publint/src/cli.js", "run", unpacked.tarball.path, "--strict");
  expect({ status, printed }).toEqual({ status: 0, printed: expect.stringMatching(/All good!\s*$/) });
});

// No rule is switched off. Sub-paths resolve under node10, which ignores `exports`, through `typesVersions`.
test("arethetypeswrong finds no problem in the tarball", () => {
  const program = "@arethetypeswrong/cli/dist/index.js";
  const { status, printed } = run(program, unpacked.tarball.path, "--no-definitely-typed", "--no-emoji");
  expect({ status, printed }).toEqual({ status: 0, printed: expect.stringContaining("No problems found") });
});

const { exports: entries } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  exports: Record<string, unknown>;
};
const modules = Object.keys(entries)
  .filter((entry) => entry !== "./package.json")
  .map((entry) => path.posix.join("pulumi-postject", entry));

/** What Node.js itself prints, in a folder where the package is installed. */
function runNode(...args: string[]): unknown {
  return JSON.parse(execFileSync(process.execPath, args, { cwd: unpacked.folder, encoding: "utf8" }));
}

test.each(modules)("ES modules can import every name of %s that require gives", (module) => {
  const required = runNode("-p", `JSON.stringify(Object.keys(require("${module}")).sort())`);
  const imported = runNode(
    "--input-type=module",
    "--eval",
    `import * as all from "${module}"; console.log(JSON.stringify(Object.keys(all).sort()))`,
  ) as string[];
  // Node.js adds these to what it makes of a CommonJS module.
  const added = ["__esModule", "default", "module.exports"];
  expect(imported.filter((name) => !added.includes(name))).toEqual(required);
});

test.each(["node", "node16", "bundler"])(
  "a program type-checks under moduleResolution %s, sub-paths too",
  (resolution) => {
    const folder = mkdtempSync(path.join(unpacked.folder, "types-"));
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
export const type = server.streams.apply((streams) => streams[0]?.type);
export const url = startReference().then((reference) => reference.url);
// @ts-expect-error a misspelt input is a type error
new postject.Server("b", { nmae: "B" });
`,
    );
    const { status, printed } = run("typescript/bin/tsc", "-p", folder);
    expect({ status, printed }).toEqual({ status: 0, printed: "" });
  },
);
