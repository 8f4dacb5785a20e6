import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "./root";

export interface Tarball {
  readonly path: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Paths in the package. */
  readonly files: readonly string[];
}

/** What `npm pack` needs of the checkout when it is built. */
const SOURCES = [
  ...["package.json", "dist/provider", "dist/sdk", "sdk/schema.json"],
  ...["tools/prepare.mjs", "tools/pack-manifest.mjs"],
  ...["pulumi-resource-postject", "PulumiPlugin.yaml", "README.md", "CHANGELOG.md", "LICENSE"],
];

/**
 * Packs the built checkout into a folder by `npm pack`, as a release does. In a copy, because `npm pack`
 * rewrites package.json while it runs, and others may be reading it.
 */
export function packTarball(folder: string): Tarball {
  const copy = mkdtempSync(path.join(tmpdir(), "pulumi-postject-pack-"));
  try {
    for (const source of SOURCES)
      cpSync(path.join(ROOT, source), path.join(copy, source), { recursive: true });
    const args = ["pack", "--json", "--foreground-scripts=false", "--pack-destination", folder];
    const printed = execFileSync("npm", [...args, "--loglevel=error"], { cwd: copy, encoding: "utf8" });
    const [packed] = JSON.parse(printed) as [
      { filename: string; size: number; unpackedSize: number; files: { path: string }[] },
    ];
    return {
      path: path.join(folder, packed.filename),
      packedBytes: packed.size,
      unpackedBytes: packed.unpackedSize,
      files: packed.files.map((file) => file.path),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
