/** Published as ES modules only, so they are compiled like our own code. */
const esModules = ["@actions/expressions", "github-slugger", "unbash"];

/** The tests of one folder of `tests`, run alone by `npx jest --selectProjects <name>`. */
const project = (name, { needsEngine, runsBuild = false }) => ({
  displayName: name,
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  transform: {
    "^.+\\.[jt]s$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join("|")})/)`, "<rootDir>/dist/"],
  moduleNameMapper: {
    // It has an entry for `import` alone.
    "^@actions/expressions$": "<rootDir>/node_modules/@actions/expressions/dist/index.js",
    // The bundle that the package holds, not the sources.
    "^pulumi-postject/reference$": "<rootDir>/dist/provider/reference/index.js",
    // HTTP is a bundle in the package: what talks over it runs as the package holds it.
    ...(runsBuild && {
      "^\\.\\./\\.\\./provider/(client|settings|lifecycle|hosts/dynamic)$": "<rootDir>/dist/provider/$1",
    }),
  },
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/examples/"],
  // The protocol's generated code reads a global that jest would warn about when the test file ends.
  testEnvironmentOptions: { globalsCleanup: "off" },
  ...(needsEngine && { globalSetup: "<rootDir>/tests/support/set-up-engine.ts" }),
});

/** @type {import("jest").Config} */
module.exports = {
  projects: [
    project("unit", { needsEngine: false }),
    project("contract", { needsEngine: false, runsBuild: true }),
    project("fault", { needsEngine: true, runsBuild: true }),
    project("engine", { needsEngine: true }),
  ],
  reporters: ["default", "<rootDir>/tests/support/count-reporter.js"],
  // Only ends a test that hangs: the slowest takes two minutes, and a machine may be ten times busier.
  testTimeout: 1_200_000,
  maxWorkers: 2,
};
