import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packTarball, type Tarball } from "../../tools/pack";
import { ROOT } from "../../tools/root";

/** The package as npm installs it, in a folder where programs can be put beside it. */
export interface UnpackedPackage {
  readonly tarball: Tarball;
  /** Holds `node_modules` with the package as real files, and links to what it needs. */
  readonly folder: string;
  readonly package: string;
  remove(): void;
}

/** Packs the checkout and lays it out as an install would, without a registry. */
export function unpackPackage(): UnpackedPackage {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-unpacked-"));
  const modules = path.join(folder, "node_modules");
  const unpacked = path.join(modules, "pulumi-postject");
  mkdirSync(modules);
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }');
  const tarball = packTarball(folder);
  execFileSync("tar", ["-xzf", tarball.path, "-C", modules]);
  renameSync(path.join(modules, "package"), unpacked);
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(path.join(unpacked, "package.json"), "utf8"),
  ) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
  for (const name of [
    ...Object.keys({ ...dependencies, ...peerDependencies }),
    "@types/node",
    "typescript",
  ]) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name), "junction");
  }
  return {
    tarball,
    folder,
    package: unpacked,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
