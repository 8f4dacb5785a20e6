import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { VERSION } from "../../provider/spec";
import { makeArchives } from "../../tools/release/archives";
import { ROOT } from "../../tools/root";
import { onlyServer } from "../support/account";
import { useFolder, useReference, useWorkspace } from "../support/fixtures";

const reference = useReference();
// Nothing is installed in it, and its program names no plugin.
const workspace = useWorkspace("docs/examples/server", { reference, bare: true });

const folder = useFolder({ per: "file" });
let archives: readonly string[];

beforeAll(() => {
  archives = makeArchives(folder.path);
});

const archiveFor = (target: string) => archives.find((archive) => archive.includes(target)) ?? "";
const install = (archive: string) =>
  workspace.mustPulumi(["plugin", "install", "resource", "postject", VERSION, "--file", archive]);

const { pluginDownloadURL } = JSON.parse(readFileSync(path.join(ROOT, "sdk/schema.json"), "utf8")) as {
  pluginDownloadURL: string;
};

const PLUGIN_FILES = [
  "LICENSE",
  "dist/provider/client/http.js",
  "dist/provider/hosts/plugin/main.js",
  "package.json",
  "pulumi-resource-postject",
  "sdk/schema.json",
];

test.each([
  ["linux-amd64", PLUGIN_FILES],
  ["linux-arm64", PLUGIN_FILES],
  ["darwin-amd64", PLUGIN_FILES],
  ["darwin-arm64", PLUGIN_FILES],
  [
    "windows-amd64",
    [...PLUGIN_FILES, "PulumiPlugin.yaml", "node_modules/README.md", "pulumi-resource-postject.cmd"],
  ],
  [
    "windows-arm64",
    [...PLUGIN_FILES, "PulumiPlugin.yaml", "node_modules/README.md", "pulumi-resource-postject.cmd"],
  ],
])("the archive for %s holds the plugin and nothing else", (target, files) => {
  const archive = archiveFor(target);
  expect(path.basename(archive)).toBe(`pulumi-resource-postject-v${VERSION}-${target}.tar.gz`);
  const listed = execFileSync("tar", ["-tzf", archive], { encoding: "utf8" });
  expect(listed.trim().split("\n").toSorted()).toEqual(files.toSorted());
});

test("a program that names no plugin goes up and down with an installed archive, without a warning", async () => {
  await install(archiveFor("linux-amd64"));
  await workspace.mustPulumi(["stack", "init", "dev"]);
  await workspace.mustPulumi(["preview"]);
  const { stdout, stderr } = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
  expect(stdout + stderr).not.toContain("warning");
  expect(onlyServer(reference).name).toBe("Production App");
  await workspace.mustPulumi(["destroy", "--yes", "--skip-preview"], {
    POSTJECT_DELETION_PROTECTION: "false",
  });
  expect(reference.servers()).toEqual([]);
});

test("Pulumi downloads the plugin from a mirror in place of the release that the project names", async () => {
  const requested: string[] = [];
  const mirror = createServer(({ url = "" }, response) => {
    requested.push(url);
    // Pulumi wants the length of what it downloads; a stream would have none.
    response.end(readFileSync(path.join(folder.path, url)));
  });
  await once(mirror.listen(0, "127.0.0.1"), "listening");
  const { port } = mirror.address() as AddressInfo;
  const declared = path.join(workspace.folder, "sdks/postject");
  mkdirSync(declared, { recursive: true });
  writeFileSync(
    path.join(declared, `postject-${VERSION}.yaml`),
    `packageDeclarationVersion: 1\nname: postject\nversion: ${VERSION}\ndownloadUrl: ${pluginDownloadURL}\n`,
  );
  await workspace.mustPulumi(["stack", "init", "dev"]);
  try {
    await workspace.mustPulumi(["preview"], {
      PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES: `pulumi-postject=http://127.0.0.1:${port}`,
    });
  } finally {
    mirror.close();
  }
  expect(requested).toEqual([
    expect.stringMatching(/^\/pulumi-resource-postject-v[\d.]+-\w+-(amd64|arm64)\.tar\.gz$/),
  ]);
});

test("a project that was given the package by name gets its files back in a fresh clone", async () => {
  await install(archiveFor("linux-amd64"));
  await workspace.mustPulumi(["package", "add", "postject"]);
  const declared = path.join(workspace.folder, `sdks/postject/postject-${VERSION}.yaml`);
  expect(readFileSync(declared, "utf8")).toContain("downloadUrl: github://api.github.com/");
  rmSync(path.join(workspace.folder, "sdks"), { recursive: true });
  await workspace.mustPulumi(["install"]);
  expect(existsSync(declared)).toBe(true);
});

// Not on Windows, but by the same steps: Pulumi runs `npm install` in a plugin folder with PulumiPlugin.yaml.
test("the archive for Windows installs without a registry, and its plugin starts", async () => {
  await install(archiveFor("windows-amd64"));
  await workspace.mustPulumi(["stack", "init", "dev"]);
  expect(await workspace.mustPulumi(["preview"])).toContain("2 to create");
});

test("an installed plugin runs below a folder of ES modules", async () => {
  writeFileSync(path.join(workspace.folder, "../package.json"), '{ "type": "module" }');
  await install(archiveFor("linux-amd64"));
  expect(await workspace.mustPulumi(["package", "get-schema", "postject"])).toContain('"name": "postject"');
});

test("a checkout that is not built says what to run", () => {
  const checkout = path.join(folder.path, "checkout");
  mkdirSync(checkout);
  for (const file of ["pulumi-resource-postject", "package.json"])
    copyFileSync(path.join(ROOT, file), path.join(checkout, file));
  const { status, stderr } = spawnSync(path.join(checkout, "pulumi-resource-postject"), {
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toBe(
    `This checkout of pulumi-postject is not built. Run: cd ${checkout} && node tools/setup.mjs\n`,
  );
});
