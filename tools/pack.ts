import { execFileSync } from "node:child_process";
import path from "node:path";
import { ROOT } from "./root";

export interface Tarball {
  readonly path: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Paths in the package. */
  readonly files: readonly string[];
}

/** Packs the built checkout into a folder, as a release would. */
export function packTarball(folder: string): Tarball {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder, "--loglevel=error"];
  const [packed] = JSON.parse(execFileSync("npm", args, { cwd: ROOT, encoding: "utf8" })) as [
    { filename: string; size: number; unpackedSize: number; files: { path: string }[] },
  ];
  return {
    path: path.join(folder, packed.filename),
    packedBytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    files: packed.files.map((file) => file.path),
  };
}
