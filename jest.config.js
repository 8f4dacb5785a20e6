/** @type {import("jest").Config} */
module.exports = {
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  // The contract suite against a live API needs no engine.
  ...(process.env.POSTJECT_LIVE_RUN !== "1" && { globalSetup: "<rootDir>/tests/support/set-up-engine.ts" }),
  reporters: ["default", "<rootDir>/tests/support/count-reporter.js"],
  transform: {
    "^.+\\.[jt]s$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  transformIgnorePatterns: ["/node_modules/", "<rootDir>/dist/"],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/examples/"],
  // The protocol's generated code reads a global that jest would warn about when the test file ends.
  testEnvironmentOptions: { globalsCleanup: "off" },
  testTimeout: 120_000,
  maxWorkers: 2,
};
