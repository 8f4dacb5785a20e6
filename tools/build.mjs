// The whole build, for every command that needs one. Plain JavaScript, because it makes what the others run.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * undici's index loads fetch, WebSocket, caches and mocks too; the pool and the proxy of the environment are two files. Only the
 * index adds to every dispatcher the methods that the client (`request`) and the proxy's tunnel (`connect`) call, so they are
 * added here as well.
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
const SWAGGER_UI = "node_modules/swagger-ui-dist";

/** Files that the reference serves as they are, and where they lie beside it. */
const served = [
  ...["page.html", "docs.html", "openapi.json"].map((file) => [path.join(REFERENCE, file), file]),
  ...["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE"].map(
    (file) => [path.join(SWAGGER_UI, file), path.join("swagger-ui", file)],
  ),
];

/** What the first request loads: 25 ms instead of 150. docs/performance.md tells what else was tried. */
const HTTP = {
  entry: "provider/client/http.ts",
  file: "dist/provider/client/http.js",
  plugins: [undiciAgents],
};

const PLUGIN_FOLDER = "dist/provider/hosts/plugin";

/** gRPC reads `.proto` files for its diagnostics service alone, which nobody starts here: a sixth of the bundle. */
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

/** HTTP stays apart: the dynamic form loads the same file, and a preview that sends nothing does not read it. */
const httpApart = {
  name: "http-apart",
  setup(build) {
    build.onResolve({ filter: /^\.\/http$/ }, () => ({ path: "../../client/http.js", external: true }));
  },
};

/**
 * The whole plugin. A tree may hold several copies of gRPC and of protobuf, which refuse each other's messages and credentials;
 * the plugin has one of each of its own, and needs Node.js alone.
 */
const PLUGIN = {
  entry: "provider/hosts/plugin/main.ts",
  file: `${PLUGIN_FOLDER}/main.js`,
  plugins: [withoutProtoLoader, httpApart],
};

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
compile();
const ofHttp = await bundle(HTTP);
for (const file of readdirSync(PLUGIN_FOLDER)) rmSync(`${PLUGIN_FOLDER}/${file}`);
const ofPlugin = await bundle(PLUGIN);
// For the bill of materials, which cannot see them among the package's dependencies.
writeFileSync("dist/bundled.json", JSON.stringify([...new Set([...ofHttp, ...ofPlugin])].toSorted()));
copyServed();

function compile() {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
  const { status } = spawnSync(process.execPath, tsc, { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Makes one file of a module and all that it loads, in the place of the compiled one, with the licences of what it holds.
 * Resolves to the names of these packages.
 */
async function bundle({ entry, file, plugins }) {
  // Installed by now; the import is not at the top because the compiler's complaints come first.
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node20.18",
    plugins,
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
  writeFileSync(file, `/*\nThis file holds code of:\n\n${licences.join("\n\n")}\n*/\n${text}`);
  return packages;
}

function readLicence(name) {
  const folder = `node_modules/${name}`;
  const file = readdirSync(folder).find((entry) => /^LICEN[CS]E(\.(md|txt))?$/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no file with its licence`);
  // A licence must not end the comment that it stands in.
  return readFileSync(`${folder}/${file}`, "utf8").trim().replaceAll("*/", "* /");
}

function copyServed() {
  for (const [from, to] of served) {
    const target = path.join("dist", REFERENCE, to);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(from, target);
  }
}
