import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { packTarball } from "../../tools/pack";
import { ROOT } from "../../tools/root";
import { mustRun as mustRunCommand } from "../../tools/workspace";
import { namesOf } from "../support/account";
import { useFolder, useReference } from "../support/fixtures";
import { useYaml, yamlServer } from "../support/yaml";

const home = useFolder({ per: "file" });
let tarball: string;
const reference = useReference();
const { run, mustRun, declare: declareIn, workspace } = useYaml(reference, { bare: true });

beforeAll(() => {
  tarball = packTarball(home.path).path;
});

const pin = (name: string): string =>
  JSON.parse(readFileSync(path.join(ROOT, "node_modules", name, "package.json"), "utf8")).version;

const write = (file: string, content: object | string) =>
  writeFileSync(
    path.join(workspace.folder, file),
    typeof content === "string" ? content : JSON.stringify(content),
  );

const UNPROTECTED = { POSTJECT_DELETION_PROTECTION: "false" };

const NPM = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"] as const;
const PNPM = [path.join(ROOT, "node_modules/.bin/pnpm"), "install"] as const;

/** Installs these packages in the program's folder: by default the tarball alone. */
async function install(
  dependencies: Readonly<Record<string, string>>,
  { by: [program, ...args] = NPM, env = {} }: { by?: readonly [string, ...string[]]; env?: object } = {},
): Promise<void> {
  write("package.json", { private: true, main: "index.js", dependencies });
  await mustRunCommand(program, [...args, "--ignore-scripts"], workspace.folder, {
    ...workspace.env,
    ...env,
  });
}

const ours = () => ({ "pulumi-postject": `file:${tarball}` });
const pulumi = { "@pulumi/pulumi": pin("@pulumi/pulumi") };

const installed = (name: string) => existsSync(path.join(workspace.folder, "node_modules", name));

/** A YAML program whose plugin is the installed package. */
const declare = (resources: object) => declareIn(resources, { plugin: "node_modules/pulumi-postject" });

/** A program in JavaScript. */
function declareInJavaScript(program: string): void {
  write("Pulumi.yaml", { name: "test", runtime: { name: "nodejs", options: { typescript: false } } });
  write("index.js", program);
}

async function upAndDown(names: readonly string[]): Promise<void> {
  await mustRun(["up"]);
  expect(namesOf(reference)).toEqual(names);
  await mustRun(["destroy"], UNPROTECTED);
  expect(namesOf(reference)).toEqual([]);
}

const app = yamlServer({ name: "App" });
const environment = { type: "postject:Environment", properties: { servers: { app: {} } } };
const LIMIT_WARNING = "warning: The Free plan allows 1 server,";

test("beside another google-protobuf and another gRPC, servers and components come and go, and a preview warns", async () => {
  await install({ ...ours(), ...pulumi, "google-protobuf": "4.0.1", "@grpc/grpc-js": "1.12.6" });
  declare({ app, pr: environment });
  await upAndDown(["App", "pr app"]);
  await mustRun(["config", "set", "postject:plan", "free"]);
  expect((await mustRun(["preview"])).printed).toContain(LIMIT_WARNING);
});

test("the plugin needs no other package: neither Pulumi's SDK nor gRPC is installed with it", async () => {
  await install(ours(), { env: { NODE_ENV: "production" } });
  expect(["@pulumi/pulumi", "@grpc/grpc-js", "google-protobuf"].filter(installed)).toEqual([]);
  // Not even what the package depends on: its commands and its reference API do.
  for (const name of readdirSync(path.join(workspace.folder, "node_modules")))
    if (name !== "pulumi-postject")
      rmSync(path.join(workspace.folder, "node_modules", name), { recursive: true });
  declare({ pr: environment });
  await upAndDown(["pr app"]);
});

test("an install in the package's own folder, as `pulumi package add` runs it, adds what the package needs and no more", () => {
  const folder = mkdtempSync(path.join(home.path, "unpacked-"));
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", folder]);
  const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  expect(manifest).not.toHaveProperty("scripts");
  expect(manifest).not.toHaveProperty("devDependencies");
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
  const packages = readdirSync(path.join(folder, "node_modules")).filter((name) => !name.startsWith("."));
  expect(packages.toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
});

test("`npm pack` in a fresh checkout builds, packs the same and leaves the manifest as it was", () => {
  const checkout = path.join(home.path, "checkout");
  cpSync(ROOT, checkout, {
    recursive: true,
    filter: (file) => !["node_modules", "dist", ".git"].includes(path.relative(ROOT, file)),
  });
  symlinkSync(path.join(ROOT, "node_modules"), path.join(checkout, "node_modules"), "junction");
  execFileSync("npm", ["pack", "--loglevel=error"], { cwd: checkout, stdio: "pipe" });
  const list = (file: string) =>
    execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).split("\n").toSorted();
  expect(list(path.join(checkout, path.basename(tarball)))).toEqual(list(tarball));
  const read = (folder: string) => readFileSync(path.join(folder, "package.json"), "utf8");
  expect(read(checkout)).toBe(read(ROOT));
});

test("a manifest left behind by an interrupted `npm pack` is repaired by the next one", () => {
  const folder = mkdtempSync(path.join(home.path, "pack-"));
  const manifest = path.join(folder, "package.json");
  const text = JSON.stringify({ name: "p", scripts: { a: "b" }, devDependencies: { c: "1" } });
  writeFileSync(manifest, text);
  for (const command of ["strip", "strip", "restore"])
    execFileSync(process.execPath, [path.join(ROOT, "tools/pack-manifest.mjs"), command], { cwd: folder });
  expect(readFileSync(manifest, "utf8")).toBe(text);
});

test("in a pnpm tree, a program with a second dynamic provider goes up and down", async () => {
  await install({ ...ours(), ...pulumi, chalk: "4.1.2" }, { by: PNPM });
  declareInJavaScript(
    `const pulumi = require("@pulumi/pulumi");
const postject = require("pulumi-postject");
const app = new postject.Server("app", { name: "App" });
const provider = {
  async create(inputs) {
    // A package with dependencies of its own, which are found beside its real path alone.
    return { id: require("chalk").reset("found"), outs: inputs };
  },
};
class Other extends pulumi.dynamic.Resource {}
exports.id = new Other(provider, "other", { of: app.id }).id;
`,
  );
  await mustRun(["up"]);
  expect((await mustRun(["stack", "output", "id"])).stdout).toContain("found");
  await mustRun(["destroy"], UNPROTECTED);
  expect(namesOf(reference)).toEqual([]);
});

test("in a pnpm tree, a library that brings pulumi-postject along goes up and down", async () => {
  const library = path.join(workspace.folder, "acme");
  mkdirSync(library);
  writeFileSync(
    path.join(library, "package.json"),
    JSON.stringify({
      name: "@acme/infra",
      version: "1.0.0",
      main: "index.js",
      dependencies: ours(),
      peerDependencies: { "@pulumi/pulumi": "*" },
    }),
  );
  writeFileSync(
    path.join(library, "index.js"),
    `exports.Mail = class extends require("pulumi-postject").Server {
  constructor(name) { super(name, { name: "Mail" }); }
};
`,
  );
  execFileSync("npm", ["pack", "--loglevel=error"], { cwd: library, stdio: "pipe" });
  const infra = `file:${path.join(library, "acme-infra-1.0.0.tgz")}`;
  await install({ ...pulumi, "@acme/infra": infra }, { by: PNPM });
  expect(installed("pulumi-postject")).toBe(false);
  declareInJavaScript(`exports.id = new (require("@acme/infra").Mail)("mail").id;\n`);
  await upAndDown(["Mail"]);
  // Gone from the tree: the state's provider string says in one line what to install.
  await mustRun(["up"]);
  for (const folder of ["node_modules/.pnpm/node_modules", "node_modules/.pnpm"])
    for (const name of readdirSync(path.join(workspace.folder, folder)))
      if (name.startsWith("pulumi-postject"))
        rmSync(path.join(workspace.folder, folder, name), { recursive: true });
  const { failed, stdout } = await run(["destroy"], UNPROTECTED);
  expect(failed).toBe(true);
  expect(stdout).toContain("error: pulumi-postject is missing: npm install pulumi-postject");
  expect(stdout).not.toMatch(/^\s+at /m);
});

describe("with a proxy in the environment that accepts connections and says nothing", () => {
  let proxy: Server;
  const sockets = new Set<Socket>();
  const asked: string[] = [];

  beforeEach(async () => {
    proxy = createServer((socket) => {
      sockets.add(socket);
      socket.on("data", (data) => asked.push(String(data).split("\r\n")[0] ?? "")).on("error", () => {});
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    mkdirSync(path.join(workspace.folder, "node_modules"));
    execFileSync("tar", ["-xzf", tarball, "-C", path.join(workspace.folder, "node_modules")]);
    execFileSync("mv", ["package", "pulumi-postject"], { cwd: path.join(workspace.folder, "node_modules") });
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  test("a preview warns and constructs a component, and nothing for this machine reaches the proxy", async () => {
    const { port } = proxy.address() as { port: number };
    const url = `http://127.0.0.1:${port}`;
    const env = { https_proxy: url, http_proxy: url, grpc_proxy: url, no_proxy: "", no_grpc_proxy: "" };
    declare({ app, pr: environment });
    await mustRun(["config", "set", "postject:plan", "free"]);
    expect((await mustRun(["preview"], env)).printed).toContain(LIMIT_WARNING);
    expect(asked.filter((line) => /127\.0\.0\.1|localhost/.test(line))).toEqual([]);
    expect(sockets.size).toBe(0);
  });
});
