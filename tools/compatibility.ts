import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as semver from "semver";
import { startReference } from "../provider/reference";
import { provideEngine } from "./engine/engine";
import { packTarball } from "./pack";
import { ROOT } from "./root";
import { createWorkspace, mustRun } from "./workspace";

/** Release lines of Node.js above the lowest, which `engines` in package.json names. */
const NODE_LINES = ["22", "24"];

const EXAMPLE = "examples/quickstart";

interface Manifest {
  readonly engines: { readonly node: string };
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** A version of `@pulumi/pulumi`, as the registry describes it. */
interface PulumiRelease {
  readonly version: string;
  readonly engines: { readonly node: string };
  /** Which compilers it takes. */
  readonly "peerDependencies.typescript": string;
}

interface Row {
  readonly node: string;
  readonly pulumi: string;
  readonly typescript: string;
  readonly problem?: string;
}

/**
 * Installs the packed tarball with the lowest and the highest `@pulumi/pulumi` that each Node.js can run, takes the
 * quickstart up and down against the reference API, and prints a table. Exits with 1 if any combination fails.
 */
async function main(): Promise<void> {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as Manifest;
  const engine = await provideEngine((line) => console.error(line));
  const home = createWorkspace({ example: EXAMPLE, engine, bare: true });
  const rows: Row[] = [];
  try {
    const { path: tarball } = packTarball(home.folder);
    const releases = await listPulumiReleases(manifest.peerDependencies["@pulumi/pulumi"] ?? "*");
    for (const line of [semver.minVersion(manifest.engines.node)?.version ?? "", ...NODE_LINES]) {
      const { folder, version } = await provideNode(line, home.folder);
      const runnable = releases.filter(({ engines }) => semver.satisfies(version, engines.node));
      for (const release of [runnable.at(0), runnable.at(-1)]) {
        if (release === undefined) throw new Error(`no @pulumi/pulumi runs on Node.js ${version}`);
        console.error(`Node.js ${version} with @pulumi/pulumi ${release.version} …`);
        rows.push(await tryCombination(version, release, tarball, [folder, ...engine]));
      }
    }
  } finally {
    home.remove();
  }
  console.log("| Node.js | @pulumi/pulumi | TypeScript | quickstart |\n|---|---|---|---|");
  for (const { node, pulumi, typescript, problem } of rows)
    console.log(`| ${node} | ${pulumi} | ${typescript} | ${problem === undefined ? "works" : "fails"} |`);
  for (const { node, pulumi, problem } of rows) {
    if (problem === undefined) continue;
    console.log(`\nNode.js ${node} with @pulumi/pulumi ${pulumi}:\n${problem}`);
    process.exitCode = 1;
  }
}

/** Every release in a range, lowest first. */
async function listPulumiReleases(range: string): Promise<PulumiRelease[]> {
  const fields = ["version", "engines", "peerDependencies.typescript"];
  const stdout = await mustRun("npm", ["view", `@pulumi/pulumi@${range}`, ...fields, "--json"], ROOT);
  const releases = [JSON.parse(stdout)].flat() as PulumiRelease[];
  return releases.toSorted((a, b) => semver.compare(a.version, b.version));
}

/** The npm package `node` brings a Node.js of any version; the running one serves where it is of that version. */
async function provideNode(line: string, home: string): Promise<{ folder: string; version: string }> {
  if (semver.satisfies(process.version, line))
    return { folder: path.dirname(process.execPath), version: process.versions.node };
  const prefix = path.join(home, `node-${line}`);
  await mustRun("npm", ["install", "--prefix", prefix, `node@${line}`, "--no-audit", "--no-fund"], home);
  const folder = path.join(prefix, "node_modules/node/bin");
  const stdout = await mustRun(path.join(folder, "node"), ["--version"], home);
  return { folder, version: stdout.trim().slice(1) };
}

async function tryCombination(
  node: string,
  release: PulumiRelease,
  tarball: string,
  folders: readonly string[],
): Promise<Row> {
  const reference = await startReference();
  const workspace = createWorkspace({
    example: EXAMPLE,
    engine: folders,
    bare: true,
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  const inFolder = (file: string) => path.join(workspace.folder, file);
  const expectServers = (count: number) => {
    const { length } = reference.servers();
    if (length !== count) throw new Error(`there are ${length} servers, not ${count}`);
  };
  const combination = { node, pulumi: release.version, typescript: release["peerDependencies.typescript"] };
  try {
    const manifest = JSON.parse(readFileSync(inFolder("package.json"), "utf8"));
    manifest.dependencies = { "@pulumi/pulumi": release.version, "pulumi-postject": `file:${tarball}` };
    manifest.devDependencies.typescript = combination.typescript;
    writeFileSync(inFolder("package.json"), JSON.stringify(manifest));
    // What ran is proven by what the program saw, not by what was asked for.
    writeFileSync(
      inFolder("index.ts"),
      `${readFileSync(inFolder("index.ts"), "utf8")}
export const ran = [process.versions.node, require("@pulumi/pulumi/version").version, require("typescript").version];
`,
    );
    const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    await mustRun("npm", ["install", ...quiet], workspace.folder, workspace.env);
    await workspace.mustPulumi(["stack", "init", "dev"]);
    await workspace.mustPulumi(["preview"]);
    await workspace.mustPulumi(["up", "--yes", "--skip-preview"]);
    expectServers(1);
    const ran = JSON.parse(await workspace.mustPulumi(["stack", "output", "ran", "--json"])) as string[];
    if (ran[0] !== node || ran[1] !== release.version) throw new Error(`what ran was ${ran.join(", ")}`);
    await workspace.mustPulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
    await workspace.mustPulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    await workspace.mustPulumi(["destroy", "--yes", "--skip-preview"], {
      POSTJECT_DELETION_PROTECTION: "false",
    });
    expectServers(0);
    return { ...combination, typescript: ran[2] ?? "" };
  } catch (error) {
    return { ...combination, problem: (error as Error).message };
  } finally {
    workspace.remove();
    await reference.stop();
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
