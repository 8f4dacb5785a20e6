import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packTarball } from "./pack";
import { ROOT } from "./root";
import { createWorkspace, mustRun } from "./workspace";

/**
 * Prints the package's bill of materials (CycloneDX, JSON). It is taken from an install of the packed
 * tarball's dependencies alone: in the checkout, `npm sbom --omit dev` leaves out every package that a
 * development dependency needs as well. Packages whose code is bundled into the tarball's files are added.
 */
async function main(): Promise<void> {
  const { folder, env, remove } = createWorkspace({ example: "examples/quickstart", bare: true });
  try {
    // npm calls the package in the bill after its folder.
    const unpacked = path.join(folder, "pulumi-postject");
    mkdirSync(unpacked);
    await mustRun(
      "tar",
      ["-xzf", packTarball(folder).path, "--strip-components=1", "-C", unpacked],
      folder,
      env,
    );
    const manifest = path.join(unpacked, "package.json");
    // The peer, `@pulumi/pulumi`, is the program's own, in the version that it chooses.
    const { name, version, license, repository, dependencies } = JSON.parse(readFileSync(manifest, "utf8"));
    writeFileSync(manifest, JSON.stringify({ name, version, license, repository, dependencies }));
    await mustRun("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], unpacked, env);
    const bill = JSON.parse(
      await mustRun("npm", ["sbom", "--sbom-format", "cyclonedx"], unpacked, env),
    ) as Bill;
    const listed = new Set(bill.components.map((component) => component["bom-ref"]));
    const bundled = readBundled().filter((component) => !listed.has(component["bom-ref"]));
    bill.components.push(...bundled);
    const own = bill.dependencies.find(({ ref }) => ref === bill.metadata.component["bom-ref"]);
    own?.dependsOn.push(...bundled.map((component) => component["bom-ref"]));
    process.stdout.write(`${JSON.stringify(bill, undefined, 2)}\n`);
  } finally {
    remove();
  }
}

/** What is read and written of a bill (CycloneDX 1.5). */
interface Bill {
  readonly metadata: { readonly component: Pick<Component, "bom-ref"> };
  readonly components: Component[];
  readonly dependencies: { readonly ref: string; readonly dependsOn: string[] }[];
}

interface Component {
  readonly "bom-ref": string;
  readonly type: "library";
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly { readonly license: { readonly id: string } }[];
}

/** The packages that the build has bundled, as it found them. */
function readBundled(): Component[] {
  const names = JSON.parse(readFileSync(path.join(ROOT, "dist/bundled.json"), "utf8")) as string[];
  return names.map((name) => {
    const { version, license } = JSON.parse(
      readFileSync(path.join(ROOT, "node_modules", name, "package.json"), "utf8"),
    ) as { version: string; license: string };
    return {
      "bom-ref": `${name}@${version}`,
      type: "library",
      name,
      version,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      licenses: [{ license: { id: license } }],
    };
  });
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
