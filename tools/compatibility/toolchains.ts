import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { transformSync } from "esbuild";
import { mustRun, type Workspace } from "../workspace";

/** What a program's package.json names. */
export interface Packages {
  readonly main?: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Installs a program's packages into its workspace. Resolves to extra variables for running the program. */
export type Install = (workspace: Workspace, packages: Packages) => Promise<Readonly<Record<string, string>>>;

/** A way to install packages, with versions that a user may have. */
export interface Toolchain {
  readonly name: string;
  readonly install: Install;
}

const QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

export const npm: Install = async (workspace, packages) => {
  writePackages(workspace, packages);
  await mustRun("npm", ["install", ...QUIET], workspace.folder, workspace.env);
  return {};
};

/** The toolchains besides npm; their programs come from the npm registry and are installed below `home`. */
export async function provideToolchains(home: string): Promise<Toolchain[]> {
  const pnpm10 = path.join(await provideProgram("pnpm", "10", home), "bin/pnpm.cjs");
  const pnpm12 = path.join(await provideProgram("pnpm", "12.4.2", home), "pnpm");
  const yarn = path.join(await provideProgram("@yarnpkg/cli-dist", "4", home), "bin/yarn.js");
  const bun = path.join(await provideProgram("bun", "1", home), "bin/bun.exe");
  return [
    { name: "npm, in a workspace", install: installInNpmWorkspace },
    { name: "pnpm 10, through a library", install: throughLibrary([process.execPath, pnpm10, "install"]) },
    { name: "pnpm 12, through a library", install: throughLibrary([pnpm12, "install"]) },
    { name: "Yarn 4, node_modules", install: installWithYarn(yarn, "node-modules") },
    { name: "Yarn 4, Plug'n'Play", install: installWithYarn(yarn, "pnp") },
    { name: "Bun, for packages", install: installWithBun(bun) },
    { name: "Bun, for everything", install: runOnBun(bun) },
  ];
}

/** A version of a program in the npm registry, installed below `home`. Resolves to its package's folder. */
export async function provideProgram(name: string, version: string, home: string): Promise<string> {
  const prefix = path.join(home, `${path.basename(name)}-${version}`);
  // With install scripts: these bring the programs of this platform.
  const args = ["install", "--prefix", prefix, `${name}@${version}`, "--no-audit", "--no-fund"];
  await mustRun("npm", [...args, "--loglevel=error"], home);
  return path.join(prefix, "node_modules", name);
}

/** The program is one package of several, and everything is installed in the folder above. */
const installInNpmWorkspace: Install = async (workspace, packages) => {
  writePackages(workspace, packages);
  const root = path.dirname(workspace.folder);
  const workspaces = [path.basename(workspace.folder)];
  writeFileSync(path.join(root, "package.json"), JSON.stringify({ private: true, workspaces }));
  await mustRun("npm", ["install", ...QUIET], root, workspace.env);
  if (readdirSync(workspace.folder).includes("node_modules"))
    throw new Error("npm installed in the program's own folder");
  return {};
};

/**
 * The program imports a package of the user's own, and that alone depends on pulumi-postject. In JavaScript,
 * because Pulumi's TypeScript loader finds no types that are reached through a symbolic link.
 */
function throughLibrary([command, ...args]: readonly [string, ...string[]]): Install {
  return async (workspace, { dependencies, devDependencies }) => {
    const { "pulumi-postject": tarball = "", ...others } = dependencies;
    const library = path.join(workspace.folder, "../mail-servers");
    mkdirSync(library);
    writeJson(path.join(library, "package.json"), {
      name: "mail-servers",
      version: "1.0.0",
      dependencies: { "pulumi-postject": tarball },
      peerDependencies: { "@pulumi/pulumi": "*" },
    });
    writeFileSync(path.join(library, "index.js"), 'module.exports = require("pulumi-postject");\n');
    await mustRun("npm", ["pack", "--loglevel=error"], library, workspace.env);
    const packed = path.join(library, "mail-servers-1.0.0.tgz");
    writePackages(workspace, {
      main: "index.js",
      dependencies: { ...others, "mail-servers": `file:${packed}` },
      devDependencies,
    });
    const program = readFileSync(path.join(workspace.folder, "index.ts"), "utf8");
    const { code } = transformSync(program.replace('"pulumi-postject"', '"mail-servers"'), {
      loader: "ts",
      format: "cjs",
    });
    writeFileSync(path.join(workspace.folder, "index.js"), code);
    await mustRun(command, [...args, "--ignore-scripts"], workspace.folder, workspace.env);
    if (readdirSync(path.join(workspace.folder, "node_modules")).includes("pulumi-postject"))
      throw new Error("the program itself has pulumi-postject");
    return {};
  };
}

function installWithYarn(yarn: string, nodeLinker: "node-modules" | "pnp"): Install {
  return async (workspace, packages) => {
    writePackages(workspace, packages);
    const settings = `nodeLinker: ${nodeLinker}\nenableScripts: false\nenableGlobalCache: false\n`;
    writeFileSync(path.join(workspace.folder, ".yarnrc.yml"), settings);
    // Without one of its own, the folder would belong to a project above it.
    writeFileSync(path.join(workspace.folder, "yarn.lock"), "");
    const env = { ...workspace.env, YARN_ENABLE_IMMUTABLE_INSTALLS: "false" };
    await mustRun(process.execPath, [yarn, "install"], workspace.folder, env);
    const hook = path.join(workspace.folder, ".pnp.cjs");
    return nodeLinker === "pnp" ? { NODE_OPTIONS: `--require ${hook}` } : {};
  };
}

function installWithBun(bun: string): Install {
  return async (workspace, packages) => {
    writePackages(workspace, packages);
    await mustRun(bun, ["install", "--ignore-scripts"], workspace.folder, workspace.env);
    return {};
  };
}

/** Like `bun --bun`: a Bun called `node` stands in for Node.js, for the program and for the provider. */
function runOnBun(bun: string): Install {
  const install = installWithBun(bun);
  return async (workspace, packages) => {
    await install(workspace, packages);
    const folder = path.join(workspace.folder, "../bun");
    mkdirSync(folder);
    symlinkSync(bun, path.join(folder, "node"));
    return { PATH: [folder, workspace.env.PATH].join(path.delimiter) };
  };
}

function writePackages(workspace: Workspace, packages: Packages): void {
  const file = path.join(workspace.folder, "package.json");
  writeJson(file, { ...JSON.parse(readFileSync(file, "utf8")), ...packages });
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, JSON.stringify(value));
}
