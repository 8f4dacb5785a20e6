// The whole build, for every command that needs one. Plain JavaScript, because it makes what the others run.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * undici's index loads fetch, WebSocket, caches and mocks too; the pool and the proxy of the environment are
 * two files. Only the index adds to every dispatcher the methods that the client (`request`) and the proxy's
 * tunnel (`connect`) call, so they are added here as well.
 */
const undiciAgents = {
  name: "undici-agents",
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ resolveDir }) => ({
      path: "undici",
      namespace: "agents",
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /^undici$/, namespace: "agents" }, ({ pluginData: resolveDir }) => ({
      contents: `const { prototype } = require("undici/lib/dispatcher/dispatcher");
        prototype.request = require("undici/lib/api/api-request");
        prototype.connect = require("undici/lib/api/api-connect");
        exports.Agent = require("undici/lib/dispatcher/agent");
        exports.Pool = require("undici/lib/dispatcher/pool");
        exports.EnvHttpProxyAgent = require("undici/lib/dispatcher/env-http-proxy-agent");`,
      resolveDir,
    }));
  },
};

const REFERENCE = "provider/reference";

/** Files that the reference serves as they are, from the folder that its code is in. */
const SERVED = ["page.html", "docs.html", "openapi.json"];

/** What the first request loads: 25 ms instead of 150. docs/performance.md tells what else was tried. */
const HTTP = {
  entry: "provider/client/http.ts",
  file: "dist/provider/client/http.js",
  plugins: [undiciAgents],
  // None of the provider's own code is in it, so nobody misses the names in a stack trace.
  minifyIdentifiers: true,
};

const PLUGIN_FOLDER = "dist/provider/hosts/plugin";

/** gRPC reads `.proto` files only for its diagnostics service, never started here: a sixth of the bundle. */
const withoutProtoLoader = {
  name: "without-proto-loader",
  setup(build) {
    build.onResolve({ filter: /^@grpc\/proto-loader$/ }, ({ path: name }) => ({
      path: name,
      namespace: "absent",
    }));
    build.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "" }));
  },
};

/** Leaves what a module imports under a name in a file of its own, which the bundle loads from `file`. */
const keepApart = (name, file) => ({
  name: "keep-apart",
  setup(build) {
    build.onResolve({ filter: new RegExp(`^\\./${name}$`) }, () => ({ path: file, external: true }));
  },
});

/**
 * The whole plugin. A tree may hold several copies of gRPC and of protobuf, which refuse each other's
 * messages and credentials; the plugin has one of each of its own, and needs Node.js alone.
 */
const PLUGIN = {
  entry: "provider/hosts/plugin/main.ts",
  file: `${PLUGIN_FOLDER}/main.js`,
  // The dynamic form loads the same file, and a preview that sends nothing does not read it.
  plugins: [withoutProtoLoader, keepApart("http", "../../client/http.js")],
};

const COMMAND = {
  entry: "provider/command/main.ts",
  file: "dist/provider/command/main.js",
  plugins: [keepApart("http", "../client/http.js")],
};

/** SQLite stays a dependency: its WebAssembly alone is more than half as large as the package. */
const SQLITE = ["node-sqlite3-wasm"];

/** What programs import, and the command over it. The build's tools load the compiled modules beside them. */
const REFERENCE_API = {
  entry: `${REFERENCE}/index.ts`,
  file: `dist/${REFERENCE}/index.js`,
  external: SQLITE,
};
const REFERENCE_COMMAND = {
  entry: `${REFERENCE}/main.ts`,
  file: `dist/${REFERENCE}/main.js`,
  plugins: [keepApart("index", "./index.js")],
};

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
compile();
const bundled = new Set();
for (const each of [HTTP, COMMAND, REFERENCE_API, REFERENCE_COMMAND])
  for (const name of await bundle(each)) bundled.add(name);
for (const file of readdirSync(PLUGIN_FOLDER)) rmSync(`${PLUGIN_FOLDER}/${file}`);
for (const name of await bundle(PLUGIN)) bundled.add(name);
// For the bill of materials, which cannot see them among the package's dependencies.
writeFileSync("dist/bundled.json", JSON.stringify([...bundled].toSorted()));
for (const file of SERVED) {
  const text = readFileSync(path.join(REFERENCE, file), "utf8");
  // The document's white space is for readers of the repository.
  writeFileSync(
    `dist/${REFERENCE}/${file}`,
    file.endsWith(".json") ? JSON.stringify(JSON.parse(text)) : text,
  );
}

function compile() {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
  const { status } = spawnSync(process.execPath, tsc, { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Makes one file of a module and all that it loads, in the place of the compiled one, with the licences of
 * what it holds. Resolves to the names of these packages.
 */
async function bundle({ entry, file, plugins = [], external = [], minifyIdentifiers = false }) {
  // Installed by now; the import is not at the top because the compiler's complaints come first.
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node20.18",
    plugins,
    external,
    // Makes the files a third smaller. Names stay by default, so stack traces in bug reports are readable.
    minifyWhitespace: true,
    minifySyntax: true,
    minifyIdentifiers,
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs);
  const nested = inputs.find((input) => /node_modules\/.*\/node_modules\//.test(input));
  if (nested !== undefined) throw new Error(`${file} would hold a second copy of a package: ${nested}`);
  const packages = new Set(
    inputs.flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []),
  );
  const licences = [...packages].toSorted().map((name) => `${name}\n\n${readLicence(name)}`);
  const [{ text }] = outputFiles;
  const [hashbang = ""] = /^#!.*\n/.exec(text) ?? [];
  const notice = `/*\nThis file holds code of:\n\n${licences.join("\n\n")}\n*/\n`;
  writeFileSync(file, hashbang + notice + text.slice(hashbang.length));
  return packages;
}

function readLicence(name) {
  const folder = `node_modules/${name}`;
  const file = readdirSync(folder).find((entry) => /^LICEN[CS]E(\.(md|txt))?$/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no file with its licence`);
  // A licence must not end the comment that it stands in.
  return readFileSync(`${folder}/${file}`, "utf8").trim().replaceAll("*/", "* /");
}
