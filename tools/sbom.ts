import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packTarball } from "./pack";
import { createWorkspace, runCommand } from "./workspace";

/**
 * Prints the package's bill of materials (CycloneDX, JSON). It is taken from an install of the packed tarball's
 * dependencies alone: in the checkout, `npm sbom --omit dev` leaves out every package that a development dependency
 * needs as well.
 */
async function main(): Promise<void> {
  const { folder, env, remove } = createWorkspace({ example: "examples/quickstart", engine: [], bare: true });
  const run = async (command: string, args: readonly string[], cwd: string) => {
    const { exitCode, stdout, stderr } = await runCommand(command, args, cwd, env);
    if (exitCode !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
    return stdout;
  };
  try {
    // npm calls the package in the bill after its folder.
    const unpacked = path.join(folder, "pulumi-postject");
    mkdirSync(unpacked);
    await run("tar", ["-xzf", packTarball(folder).path, "--strip-components=1", "-C", unpacked], folder);
    const manifest = path.join(unpacked, "package.json");
    // The peer, `@pulumi/pulumi`, is the program's own, in the version that it chooses.
    const { name, version, license, repository, dependencies } = JSON.parse(readFileSync(manifest, "utf8"));
    writeFileSync(manifest, JSON.stringify({ name, version, license, repository, dependencies }));
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], unpacked);
    process.stdout.write(await run("npm", ["sbom", "--sbom-format", "cyclonedx"], unpacked));
  } finally {
    remove();
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
