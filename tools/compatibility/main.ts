import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import * as semver from "semver";
import { startReference } from "../../provider/reference";
import { provideEngine } from "../engine/engine";
import { toTable, writeSection } from "../markdown";
import { packTarball } from "../pack";
import { ROOT } from "../root";
import { createWorkspace, mustRun } from "../workspace";
import { type Install, npm, provideProgram, provideToolchains } from "./toolchains";

/** Release lines of Node.js above the lowest, which `engines` in package.json names. */
const NODE_LINES = ["22", "24", "26"];

const EXAMPLE = "examples/quickstart";

interface Manifest {
  readonly engines: { readonly node: string };
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** A version of `@pulumi/pulumi`, as the registry describes it. */
interface PulumiRelease {
  readonly version: string;
  readonly engines: { readonly node: string };
  /** Which compilers it takes. */
  readonly "peerDependencies.typescript": string;
}

interface Combination {
  readonly toolchain: string;
  readonly install: Install;
  /** The folder of the Node.js to run. */
  readonly node: string;
  readonly release: PulumiRelease;
}

/** What the program itself saw: Node.js or Bun, `@pulumi/pulumi`, and TypeScript if it is written in it. */
interface Row {
  readonly toolchain: string;
  readonly ran: readonly string[];
  readonly problem?: string;
}

/**
 * Takes the quickstart up and down against the reference API with what `npm pack` holds: on every supported
 * release line of Node.js, with the lowest and the highest `@pulumi/pulumi` that it runs, and with each
 * package manager. Prints a table, and with `--write` puts it into docs/installation-configuration.md. Exits
 * with 1 if any combination fails.
 */
async function main(): Promise<void> {
  const { write } = parseArgs({ options: { write: { type: "boolean", default: false } } }).values;
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as Manifest;
  const engine = await provideEngine((line) => console.error(line));
  const home = createWorkspace({ example: EXAMPLE, engine, bare: true });
  const rows: Row[] = [];
  let cli = "";
  try {
    cli = (await home.mustPulumi(["version"])).trim().replace(/^v/, "");
    const { path: tarball } = packTarball(home.folder);
    const combinations = await listCombinations(manifest, home.folder);
    for (const [index, combination] of combinations.entries()) {
      const { toolchain, release } = combination;
      const place = `${index + 1} of ${combinations.length}`;
      console.error(`${place}: ${toolchain}, @pulumi/pulumi ${release.version} …`);
      rows.push(await tryCombination(combination, tarball, engine));
    }
  } finally {
    home.remove();
  }
  const table = describeRows(rows);
  console.log(table);
  for (const { toolchain, ran, problem } of rows) {
    if (problem === undefined) continue;
    console.log(`\n${toolchain}, ${ran.join(", ")}:\n${problem}`);
    process.exitCode = 1;
  }
  const tried = `Tried on ${new Date().toISOString().slice(0, 10)} with Pulumi ${cli}.`;
  if (write)
    writeSection(
      "docs/installation-configuration.md",
      "npm run test:compat -- --write",
      `${table}\n\n${tried}`,
    );
}

/** npm on every Node.js with the ends of Pulumi's range, then the other toolchains on the current Node.js. */
async function listCombinations(manifest: Manifest, home: string): Promise<Combination[]> {
  const releases = await listPulumiReleases(manifest.peerDependencies["@pulumi/pulumi"] ?? "*");
  const combinations: Combination[] = [];
  for (const line of [semver.minVersion(manifest.engines.node)?.version ?? "", ...NODE_LINES]) {
    const node = path.join(await provideProgram("node", line, home), "bin");
    const version = (await mustRun(path.join(node, "node"), ["--version"], home)).trim();
    const runnable = releases.filter(({ engines }) => semver.satisfies(version, engines.node));
    for (const release of [runnable.at(0), runnable.at(-1)]) {
      if (release === undefined) throw new Error(`no @pulumi/pulumi runs on Node.js ${version}`);
      combinations.push({ toolchain: "npm", install: npm, node, release });
    }
  }
  const release = releases.find(({ version }) => version === manifest.devDependencies["@pulumi/pulumi"]);
  if (release === undefined) throw new Error("the checkout's @pulumi/pulumi is not in the range of its peer");
  const node = path.dirname(process.execPath);
  const toolchains = await provideToolchains(home);
  return [
    ...combinations,
    ...toolchains.map(({ name, install }) => ({ toolchain: name, install, node, release })),
  ];
}

/** Every release in a range, lowest first. */
async function listPulumiReleases(range: string): Promise<PulumiRelease[]> {
  const fields = ["version", "engines", "peerDependencies.typescript"];
  const stdout = await mustRun("npm", ["view", `@pulumi/pulumi@${range}`, ...fields, "--json"], ROOT);
  const releases = [JSON.parse(stdout)].flat() as PulumiRelease[];
  return releases.toSorted((a, b) => semver.compare(a.version, b.version));
}

async function tryCombination(
  { toolchain, install, node, release }: Combination,
  tarball: string,
  engine: readonly string[],
): Promise<Row> {
  const reference = await startReference();
  const workspace = createWorkspace({
    example: EXAMPLE,
    engine: [node, ...engine],
    bare: true,
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  const file = (name: string) => path.join(workspace.folder, name);
  let ran = ["", release.version, ""];
  try {
    const { devDependencies } = JSON.parse(readFileSync(file("package.json"), "utf8")) as Manifest;
    const typescript = release["peerDependencies.typescript"];
    // What ran is proven by what the program saw, not by what was asked for.
    appendFileSync(
      file("index.ts"),
      `export const ran = [
  process.versions.bun ? \`Bun \${process.versions.bun}\` : \`Node.js \${process.versions.node}\`,
  require("@pulumi/pulumi/version").version,
  __filename.endsWith(".ts") ? \`TypeScript \${require("typescript").version}\` : "JavaScript",
];
`,
    );
    const env = await install(workspace, {
      dependencies: { "@pulumi/pulumi": release.version, "pulumi-postject": `file:${tarball}` },
      devDependencies: { ...devDependencies, typescript },
    });
    const pulumi = (command: string, more: Readonly<Record<string, string>> = {}) =>
      workspace.mustPulumi(command.split(" "), { ...env, ...more });
    await pulumi("stack init dev");
    await pulumi("preview");
    await pulumi("up --yes --skip-preview");
    if (reference.servers().length === 0) throw new Error("no server was created");
    ran = JSON.parse(await pulumi("stack output ran --json")) as string[];
    if (ran[1] !== release.version) throw new Error(`what ran was @pulumi/pulumi ${ran[1]}`);
    await pulumi("up --yes --skip-preview --expect-no-changes");
    await pulumi("refresh --yes --skip-preview --expect-no-changes");
    await pulumi("destroy --yes --skip-preview", { POSTJECT_DELETION_PROTECTION: "false" });
    if (reference.servers().length > 0) throw new Error("servers are left after the destroy");
    return { toolchain, ran };
  } catch (error) {
    return { toolchain, ran, problem: (error as Error).message };
  } finally {
    workspace.remove();
    await reference.stop();
  }
}

function describeRows(rows: readonly Row[]): string {
  const head = ["installed with", "runs on", "@pulumi/pulumi", "program in", "result"];
  const cells = rows.map(({ toolchain, ran, problem }) => [
    toolchain,
    ...ran,
    problem === undefined ? "works" : "fails",
  ]);
  return toTable([head, ...cells]);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
