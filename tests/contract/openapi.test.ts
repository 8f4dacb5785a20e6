import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { controlRoutes } from "../../provider/reference/control-routes";
import { routeNames } from "../../provider/spec";
import { examples } from "../../provider/spec/examples";
import { messages } from "../../provider/spec/messages";
import { ROOT } from "../../tools/root";
import { DOCUMENT_FILE } from "../support/openapi";

test("the OpenAPI document passes Redocly's strict rules", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(ROOT, "node_modules/@redocly/cli/bin/cli.js"), "lint", DOCUMENT_FILE],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    },
  );
  expect({ status, printed: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, printed: "" });
});

test.each(routeNames)("the contract's example of %s has the shape of the spec", (name) => {
  expect(messages[name].response.parse(examples[name].response)).toEqual(examples[name].response);
  expect(messages[name].body?.parse(examples[name].body)).toEqual(examples[name].body);
});

/** Every pattern of the OpenAPI document. */
function patternsOf(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  const { pattern } = node as { pattern?: unknown };
  return [...(typeof pattern === "string" ? [pattern] : []), ...Object.values(node).flatMap(patternsOf)];
}

describe("the patterns of the OpenAPI document", () => {
  const patterns = [...new Set(patternsOf(JSON.parse(readFileSync(DOCUMENT_FILE, "utf8"))))];

  test("use only syntax that the regular expressions of Python, Go, Java and .NET share with JavaScript's", () => {
    // No look-around, back-reference, named group, \p{…}, \uXXXX or \0: each is unknown to at least one of them.
    const portable =
      /^(?:\\(?:[dDsSwWtnr.*+?^$|()[\]{}/-]|x[0-9a-f]{2})|\(\?:|\((?!\?)|[^\\(\u0080-\uffff])*$/;
    expect(patterns.filter((pattern) => !portable.test(pattern))).toEqual([]);
    for (const pattern of patterns) expect(() => new RegExp(pattern, "u")).not.toThrow();
    expect(patterns.length).toBeGreaterThan(3);
  });

  const python = spawnSync("python3", ["--version"]).status === 0;
  (python ? test : test.skip)(`compile in Python${python ? "" : " (skipped: no python3 on PATH)"}`, () => {
    const { stderr } = spawnSync(
      "python3",
      ["-c", "import json, re, sys\nfor p in json.load(sys.stdin): re.compile(p)"],
      {
        encoding: "utf8",
        input: JSON.stringify(patterns),
      },
    );
    expect(stderr).toBe("");
  });
});

test("docs/reference-api.md has a row for every route of the control plane, and for no other", () => {
  const page = readFileSync(path.join(ROOT, "docs/reference-api.md"), "utf8");
  const rows = page.match(/^\| `(GET|POST|PATCH|DELETE) \/_reference\/.*$/gm);
  expect(rows).toEqual(
    Object.values(controlRoutes).map(
      ({ method, path, description }) => `| \`${method} ${path}\` | ${description} |`,
    ),
  );
});
