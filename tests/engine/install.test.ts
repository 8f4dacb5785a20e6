import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { VERSION } from "../../provider/spec";
import { connectProvider } from "../../tools/provider-client";
import { ROOT } from "../../tools/root";
import { createWorkspace, mustRun } from "../../tools/workspace";
import { useReference } from "../support/fixtures";
import { type UnpackedPackage, unpackPackage } from "../support/unpacked-package";

const reference = useReference({ per: "file" });
let unpacked: UnpackedPackage;

beforeAll(() => {
  unpacked = unpackPackage();
});

afterAll(() => unpacked.remove());

const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  dependencies: Readonly<Record<string, string>>;
};

const UNPROTECTED = { POSTJECT_DELETION_PROTECTION: "false" };

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
    await mustRun(command, args, workspace.folder, workspace.env);
    await workspace.mustPulumi(["stack", "init", "dev"]);
    await workspace.mustPulumi(["up", "--yes", "--skip-preview"]);
    expect(reference.servers()).toHaveLength(1);
    await workspace.mustPulumi(["destroy", "--yes", "--skip-preview"], UNPROTECTED);
    expect(reference.servers()).toEqual([]);
  } finally {
    workspace.remove();
  }
}

const QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

test("a program in another folder that installs the tarball works", () =>
  runInstalled(`file:${unpacked.tarball.path}`, ["npm", "install", ...QUIET]));

test("so does one that links the checkout", () =>
  runInstalled(`file:${ROOT}`, ["npm", "install", "--install-links=false", ...QUIET]));

test("so does one that installs the tarball with pnpm", () =>
  runInstalled(`file:${unpacked.tarball.path}`, [
    path.join(ROOT, "node_modules/.bin/pnpm"),
    "install",
    "--ignore-scripts",
  ]));

test("the unpacked package starts its plugin", async () => {
  const plugin = spawn(path.join(unpacked.package, "pulumi-resource-postject"), ["127.0.0.1:1"]);
  const [port] = await once(plugin.stdout, "data");
  const { call, methods, close } = connectProvider(Number(port));
  try {
    const info = await call<Empty, PluginInfo>(methods.getPluginInfo, new Empty());
    expect(info.getVersion()).toBe(VERSION);
  } finally {
    close();
    plugin.stdin.end();
    await once(plugin, "exit");
  }
});

test("the plugin, run by hand, explains how to use it", () => {
  const plugin = path.join(unpacked.package, "pulumi-resource-postject");
  expect(execFileSync(plugin, ["--help"], { encoding: "utf8" })).toContain("pulumi package add");
});

test("an ES module program goes up and down on the engine", async () => {
  const workspace = createWorkspace({
    example: "examples/quickstart",
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  const write = (file: string, text: string) => writeFileSync(path.join(workspace.folder, file), text);
  write("package.json", '{ "type": "module", "main": "index.js" }');
  write(
    "index.js",
    `import { Server } from "pulumi-postject";
export const module = import.meta.url;
export const name = new Server("app", { name: "From an ES module" }).name;
`,
  );
  try {
    await workspace.mustPulumi(["stack", "init", "dev"]);
    await workspace.mustPulumi(["up", "--yes", "--skip-preview"]);
    expect(reference.servers()).toMatchObject([{ name: "From an ES module" }]);
    await workspace.mustPulumi(["destroy", "--yes", "--skip-preview"], UNPROTECTED);
    expect(reference.servers()).toEqual([]);
  } finally {
    workspace.remove();
  }
});

test("the bill of materials names the package, all that it depends on and what is bundled into it", () => {
  const printed = execFileSync(process.execPath, [path.join(ROOT, "dist/tools/sbom.js")], {
    encoding: "utf8",
  });
  const { metadata, components } = JSON.parse(printed) as {
    metadata: { component: { name: string } };
    components: { name: string; group?: string }[];
  };
  const names = components.map(({ name, group }) => (group === undefined ? name : `${group}/${name}`));
  expect(metadata.component.name).toBe("pulumi-postject");
  const bundled = ["@grpc/grpc-js", "@pulumi/pulumi", "google-protobuf", "undici"];
  expect(names).toEqual(expect.arrayContaining([...Object.keys(dependencies), ...bundled]));
});
