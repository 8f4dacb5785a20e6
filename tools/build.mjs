// The whole build, for every command that needs one. Plain JavaScript, because it makes what the others run.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * undici's index loads fetch, WebSocket, caches and mocks too; the pool and the proxy of the environment are two files. The
 * proxy opens its tunnel with `connect`, which only the index adds to every dispatcher, so that is added here as well.
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
      contents: `require("undici/lib/dispatcher/dispatcher").prototype.connect = require("undici/lib/api/api-connect");
        exports.Agent = require("undici/lib/dispatcher/agent");
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

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
compile();
await bundleHttp();
copyServed();

function compile() {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
  const { status } = spawnSync(process.execPath, tsc, { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Makes one file of what the first request loads, in the place of the compiled one: 25 ms instead of 150. docs/performance.md
 * tells what else was tried.
 */
async function bundleHttp() {
  // Installed by now; the import is not at the top because the compiler's complaints come first.
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    entryPoints: ["provider/client/http.ts"],
    outfile: "dist/provider/client/http.js",
    bundle: true,
    platform: "node",
    target: "node20.18",
    plugins: [undiciAgents],
    metafile: true,
    write: false,
  });
  const packages = new Set(
    Object.keys(metafile.inputs).flatMap(
      (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
    ),
  );
  const licences = [...packages].map(
    (name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}`,
  );
  const [{ path: file, text }] = outputFiles;
  writeFileSync(file, `/*\nThis file holds code of:\n\n${licences.join("\n\n")}\n*/\n${text}`);
}

function copyServed() {
  for (const [from, to] of served) {
    const target = path.join("dist", REFERENCE, to);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(from, target);
  }
}
