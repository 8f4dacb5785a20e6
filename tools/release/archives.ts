import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packTarball } from "../pack";

/** What the plugin needs of the package; its code is bundled. */
const FILES = [
  "pulumi-resource-postject",
  "dist/provider/hosts/plugin/main.js",
  "dist/provider/client/http.js",
  "sdk/schema.json",
  "LICENSE",
];

/** What Windows needs besides, because a script is not a program there. */
const WINDOWS_FILES: Readonly<Record<string, string>> = {
  "pulumi-resource-postject.cmd": '@node "%~dp0pulumi-resource-postject" %*\r\n',
  // `pulumi install` and `pulumi package add` only accept a downloaded plugin that is an .exe or has this
  // file. It makes Pulumi run `npm install` in the plugin's folder, which counts as failed if there is no
  // node_modules afterwards. The other systems' archives do without, so that unpacking them is all there is
  // to an install.
  "PulumiPlugin.yaml": "runtime: nodejs\n",
  "node_modules/README.md": "The plugin is bundled: it needs no other package.\n",
};

/**
 * Makes the archives that Pulumi installs the plugin from, one for each system and architecture, from the
 * packed package. Returns their paths. The plugin is the same everywhere and needs Node.js, which they lack.
 */
export function makeArchives(folder: string): string[] {
  const home = mkdtempSync(path.join(tmpdir(), "pulumi-postject-archives-"));
  try {
    execFileSync("tar", ["-xzf", packTarball(home).path, "-C", home]);
    const unpacked = path.join(home, "package");
    const { version, manifest } = readManifest(unpacked);
    const files: Readonly<Record<string, string>> = { "package.json": manifest, ...WINDOWS_FILES };
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(unpacked, file)), { recursive: true });
      writeFileSync(path.join(unpacked, file), text);
    }
    mkdirSync(folder, { recursive: true });
    return ["linux", "darwin", "windows"].flatMap((system) => {
      const content = [...FILES, "package.json", ...(system === "windows" ? Object.keys(WINDOWS_FILES) : [])];
      return ["amd64", "arm64"].map((architecture) => {
        const name = `pulumi-resource-postject-v${version}-${system}-${architecture}.tar.gz`;
        const archive = path.resolve(folder, name);
        execFileSync("tar", ["-czf", archive, "-C", unpacked, ...content]);
        return archive;
      });
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * The package's version, and the package.json of its plugin alone. There has to be one: Node.js would look
 * for it in the folders above, and a `"type": "module"` there would break the plugin. It names no dependency,
 * because the plugin has none.
 */
function readManifest(folder: string): { version: string; manifest: string } {
  const { name, version, license, type, engines, main } = JSON.parse(
    readFileSync(path.join(folder, "package.json"), "utf8"),
  ) as Record<string, unknown> & { version: string };
  return { version, manifest: JSON.stringify({ name, version, license, type, engines, main }, undefined, 2) };
}
