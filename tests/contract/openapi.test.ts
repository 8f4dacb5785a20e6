import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { controlRoutes } from "../../provider/reference/control-routes";
import { routeNames } from "../../provider/spec";
import { examples } from "../../provider/spec/examples";
import { messages } from "../../provider/spec/messages";
import { ROOT } from "../../tools/root";
import { useReference } from "../support/fixtures";
import { DOCUMENT_FILE, findDiscrepancy, operations } from "../support/openapi";
import { send } from "../support/send";

const reference = useReference();

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

/** Every value of a key anywhere in the OpenAPI document. */
function valuesOf(key: string, node: unknown = JSON.parse(readFileSync(DOCUMENT_FILE, "utf8"))): unknown[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [
    ...(name === key ? [value] : []),
    ...valuesOf(key, value),
  ]);
}

test("every body of the OpenAPI document has an example", () => {
  const contents = valuesOf("content").map((content) => Object.values(content as object)[0]);
  expect(contents.filter(({ example }) => example === undefined)).toEqual([]);
  expect(contents.length).toBeGreaterThan(20);
});

test.each(operations.filter(({ example }) => example !== undefined))(
  "$method $path succeeds with the body of its example, and its response is as described",
  async (operation) => {
    const { method, path, example } = operation;
    reference.seed({ servers: [{ name: "A", id: path.split("/").at(-1) }] });
    const response = await send(reference, method, path, { body: example });
    expect(response.status).toBeLessThan(300);
    const received = {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
    expect(findDiscrepancy(operation, received)).toBeUndefined();
  },
);

describe("the patterns of the OpenAPI document", () => {
  const patterns = [...new Set(valuesOf("pattern"))].map(String);

  test("use only syntax that the regular expressions of Python, Go, Java and .NET share with JavaScript's", () => {
    // No look-around, back-reference, named group, \p{…}, \uXXXX or \0: none is known to all of them.
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

test("docs/reference-api.md has a row for every route of the control plane and no other", () => {
  const page = readFileSync(path.join(ROOT, "docs/reference-api.md"), "utf8");
  const rows = page.match(/^\| `(GET|POST|PATCH|DELETE) \/_reference\/.*$/gm);
  expect(rows).toEqual(
    Object.values(controlRoutes).map(
      ({ method, path, description }) => `| \`${method} ${path}\` | ${description} |`,
    ),
  );
});
