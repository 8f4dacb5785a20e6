import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";
import { useFolder } from "../support/fixtures";

// A property that Postject does not have, added to a copy of the spec in one place: all else derives from it.

const FIELD = `  region: {
    type: "string",
    optional: true,
    replaces: true,
    rules: [{ pattern: /^[a-z]+$/, problem: "must be lower-case letters" }],
    description: "Where the server's mail is kept.",
  },
`;

const LIFE = `
const { startReference } = require("./dist/provider/reference");
const { configure, check, create, diff, read } = require("./dist/provider/hosts/dynamic");
(async () => {
  const reference = await startReference();
  const values = { "postject:endpoint": reference.url, "postject:accessToken": reference.accessToken };
  await configure({ config: { get: (key) => values[key] } });
  const { failures } = await check({}, { name: "App", region: "EU" });
  const { inputs } = await check({}, { name: "App", region: "eu" });
  const { id, outs } = await create(inputs);
  const changed = await diff(id, outs, { ...inputs, region: "us" });
  const live = await read(id, {});
  console.log(JSON.stringify({ failures, stored: reference.servers(), outs, changed, live: live.inputs }));
  await reference.stop();
})();
`;

const folder = useFolder({ per: "file" });

beforeAll(() => {
  for (const name of ["provider", "sdk", "docs", "tools", "README.md", "package.json"])
    cpSync(path.join(ROOT, name), path.join(folder.path, name), { recursive: true });
  for (const name of ["tsconfig.json", "tsconfig.build.json"])
    cpSync(path.join(ROOT, name), path.join(folder.path, name));
  symlinkSync(path.join(ROOT, "node_modules"), path.join(folder.path, "node_modules"));
  const spec = path.join(folder.path, "provider/spec/server.ts");
  const [before, after] = readFileSync(spec, "utf8").split("export const sentFields = {\n");
  writeFileSync(spec, `${before}export const sentFields = {\n${FIELD}${after}`);
  // Fails if a type names the properties by hand.
  execFileSync(process.execPath, ["tools/build.mjs"], { cwd: folder.path, stdio: "pipe" });
  execFileSync(process.execPath, ["dist/provider/schema/generate.js"], { cwd: folder.path, stdio: "pipe" });
}, 300_000);

test("it is checked, sent in the POST, stored, read back, and replaces the server when it changes", () => {
  const printed = execFileSync(process.execPath, ["-e", LIFE], { cwd: folder.path, encoding: "utf8" });
  expect(JSON.parse(printed)).toMatchObject({
    failures: [{ property: "region", reason: "must be lower-case letters" }],
    stored: [{ name: "App", region: "eu" }],
    outs: { name: "App", region: "eu" },
    changed: { changes: true, replaces: ["region"] },
    live: { name: "App", region: "eu" },
  });
});

test("it is in the schema, the SDK's types, the OpenAPI document and the docs", () => {
  const read = (name: string) => readFileSync(path.join(folder.path, name), "utf8");
  const { resources, functions } = JSON.parse(read("sdk/schema.json"));
  const server = resources["postject:index:Server"];
  expect(server.inputProperties.region).toMatchObject({ type: "string", replaceOnChanges: true });
  expect(server.properties.region).toBeDefined();
  expect(functions["postject:index:getServer"].outputs.properties.region).toBeDefined();
  expect(read("sdk/types.ts")).toMatch(/interface ServerArgs \{[^}]*region\?: pulumi\.Input<string>/);
  const { paths, components } = JSON.parse(read("provider/reference/openapi.json"));
  const { schema } = paths["/v1/servers"].post.requestBody.content["application/json"];
  expect(schema.properties.region).toMatchObject({ type: "string", pattern: "^[a-z]+$" });
  expect(components.schemas.Server.properties.region.description).toBe("Where the server's mail is kept.");
  expect(read("docs/server.md")).toMatch(/\| `region` \| `string` \| .*Where the server's mail is kept\. \|/);
});
