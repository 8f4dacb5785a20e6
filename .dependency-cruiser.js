// What may import what: `npm run check` enforces it. Paths are regular expressions.

const SPEC = "provider/spec/";
const CLIENT = "provider/client/";
const SETTINGS = "provider/settings/";
const LIFECYCLE = "provider/lifecycle/";
const REFERENCE = "provider/reference/";
/** The lookups need nothing of a run, so that programs and commands can call them as well. */
const LOOKUPS = "provider/lifecycle/lookups\\.ts";
const HOSTS_OWN = "provider/hosts/[^/]+\\.ts";

/** What the first request loads, including undici and the message schemas. The build makes one file of it. */
const HTTP = "provider/client/http\\.ts";

/**
 * The parts of the code: which others they may import (imports point one way), and which packages they may
 * load when imported themselves. What a function loads later, by `require` or `import()`, is not restricted.
 */
const parts = {
  [SPEC]: { imports: [], packages: ["zod/mini"] },
  [CLIENT]: { imports: [SPEC], packages: [] },
  [SETTINGS]: { imports: [SPEC, CLIENT], packages: [] },
  [LIFECYCLE]: { imports: [SPEC, CLIENT, SETTINGS], packages: [] },
  [HOSTS_OWN]: { imports: [CLIENT, SETTINGS, LIFECYCLE], packages: [] },
  "provider/hosts/dynamic/": { imports: [SPEC, CLIENT, SETTINGS, LIFECYCLE, HOSTS_OWN], packages: [] },
  "provider/hosts/plugin/": {
    imports: [SPEC, CLIENT, SETTINGS, LIFECYCLE, HOSTS_OWN],
    packages: ["@grpc/grpc-js", "@pulumi/pulumi", "google-protobuf"],
  },
  "provider/command/": { imports: [SPEC, CLIENT, SETTINGS], packages: ["commander"] },
  [REFERENCE]: {
    imports: [SPEC],
    packages: ["zod/mini", "zod/v4/locales", "commander", "node-sqlite3-wasm"],
  },
  "provider/schema/": { imports: [SPEC, REFERENCE], packages: ["zod/mini", "zod-openapi"] },
  "sdk/": { imports: [SPEC, CLIENT, SETTINGS, LOOKUPS], packages: ["@pulumi/pulumi"] },
};

const types = ["type-only", "type-import"];
const later = ["require", "dynamic-import"];

const forbid = (name, from, to) => ({ name, severity: "error", from, to });

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(parts).flatMap(([part, { imports, packages }]) => [
      forbid(
        `${part} imports ${imports.join(", ") || "no other part"}`,
        { path: `^${part}` },
        { path: "^(provider|sdk)/", pathNot: `^(${[part, ...imports].join("|")})` },
      ),
      forbid(
        `${part} loads ${packages.join(", ") || "no package"} at its start`,
        { path: `^${part}`, pathNot: `^${HTTP}` },
        {
          path: "^node_modules/",
          pathNot: packages.map((name) => `^node_modules/${name}/`),
          dependencyTypesNot: [...types, ...later],
        },
      ),
    ]),
    forbid(
      "only code that talks HTTP loads the message schemas, and with them zod",
      { pathNot: `^(${HTTP}|${REFERENCE}|provider/schema/)` },
      { path: "^provider/spec/messages\\.ts", dependencyTypesNot: [...types, ...later] },
    ),
    forbid(
      "what the first request loads is loaded in one place",
      { pathNot: "^provider/client/load-http\\.ts" },
      { path: `^${HTTP}`, dependencyTypesNot: types },
    ),
    forbid(
      "what the first request loads is loaded later",
      { path: "^provider/client/load-http\\.ts" },
      { path: `^${HTTP}`, dependencyTypesNot: [...types, ...later] },
    ),
    forbid("no import cycles", {}, { circular: true, viaOnly: { dependencyTypesNot: types } }),
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
  },
};
