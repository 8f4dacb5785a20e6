import { execFile, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import * as semver from "semver";
import { ROOT } from "../root";

const run = promisify(execFile);

/** The version the tests are written for; what is on PATH may be newer. */
export const CLI_VERSION = "3.259.0";

/** One Go module per program, named after its go.mod's folder. `minutes` is for a cold build on two cores. */
const MODULES = [
  { folder: "cli", program: "pulumi", minutes: 4 },
  { folder: "yaml", program: "pulumi-language-yaml", minutes: 1 },
  { folder: "nodejs", program: "pulumi-language-nodejs", minutes: 1 },
] as const;

/** The dynamic provider host: a script of `@pulumi/pulumi`, which official installs have beside the CLI. */
const DYNAMIC_HOST =
  process.platform === "win32" ? "pulumi-resource-pulumi-nodejs.cmd" : "pulumi-resource-pulumi-nodejs";

/** Older versions of Go cannot read the modules. */
const GO_VERSION = "1.25.0";

/** Marks a folder in the cache that is not complete yet. */
const MAKING = "-making-";

type Report = (line: string) => void;

/**
 * Provides the Pulumi CLI with the language hosts for Node.js and YAML: from PATH, from the user's cache,
 * with the official installer, or by building them with Go. Returns the folders to put on PATH, including
 * that of the dynamic provider host. If every way fails, rejects with what to install.
 */
export async function provideEngine(report: Report): Promise<string[]> {
  const onPath = await findOnPath();
  if (onPath !== undefined) return onPath;
  const cached = path.join(cacheFolder(), `engine-${CLI_VERSION}-${process.platform}-${process.arch}`);
  if (!(await isWhole(cached))) {
    if (existsSync(cached)) {
      report(`The engine in ${cached} does not work, so it is replaced.`);
      rmSync(cached, { recursive: true });
    }
    await provideInto(cached, report);
  }
  return [cached];
}

/** Downloads or builds beside the target, then moves what works into place: no run finds a partial engine. */
async function provideInto(target: string, report: Report): Promise<void> {
  const cache = path.dirname(target);
  mkdirSync(cache, { recursive: true });
  removeAbandoned(cache);
  const aside = mkdtempSync(`${target}${MAKING}`);
  const problems: string[] = [];
  try {
    for (const provide of [download, buildWithGo]) {
      try {
        const made = await provide(aside, report);
        if (!(await isWhole(made))) throw new Error("the result does not run");
        moveTo(made, target);
        return;
      } catch (error) {
        problems.push((error as Error).message.trim());
      }
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  throw new Error(
    [
      "There is no Pulumi engine, and it could not be provided:",
      ...problems.map((problem) => `  - ${problem}`),
      `Install the Pulumi CLI ${CLI_VERSION} or newer (https://www.pulumi.com/docs/install/) so that \`pulumi\` is on PATH,`,
      `or Go ${GO_VERSION} or newer and let this build it, then run this again.`,
    ].join("\n"),
  );
}

/** Removes what killed runs left behind. The folder of a run still active is less than an hour old. */
function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache).filter((entry) => entry.includes(MAKING))) {
    const folder = path.join(cache, name);
    if (Date.now() - statSync(folder).mtimeMs > 60 * 60 * 1000)
      rmSync(folder, { recursive: true, force: true });
  }
}

/** The folders of a `pulumi` on PATH that is new enough, and of its language hosts. */
async function findOnPath(): Promise<string[] | undefined> {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const folderOf = (program: string) => folders.find((folder) => existsSync(path.join(folder, program)));
  const found = MODULES.map(({ program }) => folderOf(program)).filter((folder) => folder !== undefined);
  const [cli] = found;
  if (cli === undefined || found.length < MODULES.length) return undefined;
  const version = await versionOf(cli);
  if (version === undefined || semver.lt(version, CLI_VERSION)) return undefined;
  return [...new Set([...found, folderOf(DYNAMIC_HOST) ?? dynamicHostFolder()])];
}

async function isWhole(folder: string): Promise<boolean> {
  const programs = [...MODULES.map(({ program }) => program), DYNAMIC_HOST];
  if (!programs.every((program) => existsSync(path.join(folder, program)))) return false;
  return (await versionOf(folder)) === CLI_VERSION;
}

async function versionOf(folder: string): Promise<string | undefined> {
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" };
    return (
      semver.clean((await run(path.join(folder, "pulumi"), ["version"], { env })).stdout.trim()) ?? undefined
    );
  } catch {
    return undefined;
  }
}

async function download(aside: string, report: Report): Promise<string> {
  report(`Getting Pulumi ${CLI_VERSION} with the official installer …`);
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
  const root = path.join(aside, "download");
  try {
    await PulumiCommand.install({ version: new semver.SemVer(CLI_VERSION), root });
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    report(`  not available from here (${reason})`);
    throw new Error(`the official installer failed: ${reason}`);
  }
  return path.join(root, "bin");
}

async function buildWithGo(aside: string, report: Report): Promise<string> {
  await checkGo();
  const minutes = MODULES.reduce((sum, module) => sum + module.minutes, 0);
  report(
    `Building Pulumi ${CLI_VERSION} with Go: once, in about ${minutes} minutes and 5 GB, of which 200 MB are kept.`,
  );
  const caches = path.join(aside, "go");
  const env = goEnv(caches);
  for (const { folder, program, minutes: expected } of MODULES) {
    await build(path.join(ROOT, "tools/engine", folder), path.join(aside, program), expected, env, report);
  }
  rmSync(caches, { recursive: true, force: true });
  // Next to the CLI, the engine accepts it without a warning. It finds the program's `@pulumi/pulumi` itself.
  copyFileSync(path.join(dynamicHostFolder(), DYNAMIC_HOST), path.join(aside, DYNAMIC_HOST));
  rmSync(path.join(aside, "download"), { recursive: true, force: true });
  return aside;
}

/**
 * Caches that builds share and nobody needs afterwards: Go would leave gigabytes in the user's own. A cache
 * that the user chose is used instead, for instance one that a CI system keeps.
 */
export function goEnv(caches: string): NodeJS.ProcessEnv {
  return {
    GOCACHE: path.join(caches, "build"),
    GOMODCACHE: path.join(caches, "modules"),
    ...process.env,
    // Without it nobody but root can remove the modules.
    GOFLAGS: `${process.env.GOFLAGS ?? ""} -modcacherw`.trim(),
  };
}

async function checkGo(): Promise<void> {
  let version: string;
  try {
    version = (await run("go", ["env", "GOVERSION"])).stdout.trim().replace(/^go/, "");
  } catch {
    throw new Error("Go is not installed");
  }
  const parsed = semver.coerce(version);
  if (parsed === null || semver.lt(parsed, GO_VERSION)) throw new Error(`Go ${version} is too old`);
}

async function build(
  moduleFolder: string,
  output: string,
  minutes: number,
  env: NodeJS.ProcessEnv,
  report: Report,
): Promise<void> {
  const name = path.basename(output);
  const started = Date.now();
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
  report(`  ${name}: about ${minutes} min …`);
  const progress = setInterval(() => report(`  ${name}: ${elapsed()} so far …`), 30_000);
  // Without a linked version the CLI reports none, and skips checks that need one.
  const linkedVersion = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${CLI_VERSION}`;
  const args = ["build", "-buildvcs=false", "-o", output, "-ldflags", `-s -w ${linkedVersion}`, "tool"];
  try {
    await runQuietly("go", args, moduleFolder, env);
    report(`  ${name}: done in ${elapsed()}`);
  } finally {
    clearInterval(progress);
  }
}

/** Runs a command without output. If it fails, rejects with the end of what it printed. */
function runQuietly(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    const keep = (chunk: Buffer) => {
      printed = (printed + chunk).slice(-4000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", fail);
    child.on("close", (code) =>
      code === 0 ? done() : fail(new Error(`\`${command} ${args[0]}\` in ${cwd} failed:\n${printed}`)),
    );
  });
}

/** If another process has finished first, its engine is used. */
function moveTo(made: string, target: string): void {
  try {
    renameSync(made, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

function dynamicHostFolder(): string {
  return path.dirname(require.resolve("@pulumi/pulumi/package.json", { paths: [ROOT] }));
}

export function cacheFolder(): string {
  const { PULUMI_POSTJECT_CACHE, XDG_CACHE_HOME } = process.env;
  if (PULUMI_POSTJECT_CACHE) return path.resolve(PULUMI_POSTJECT_CACHE);
  return path.join(XDG_CACHE_HOME || path.join(homedir(), ".cache"), "pulumi-postject");
}
