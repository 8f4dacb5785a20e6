import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { ROOT } from "../../tools/root";

// What the built package loads, and when. The imports of the sources are held by `.dependency-cruiser.js`.

/** Files that a fresh Node.js has loaded once it has required a module. */
function loadedBy(module: string): string[] {
  return JSON.parse(
    execFileSync(
      process.execPath,
      ["-e", `require(${JSON.stringify(module)}); console.log(JSON.stringify(Object.keys(require.cache)))`],
      { cwd: ROOT, encoding: "utf8" },
    ),
  );
}

const PLUGIN = path.join(ROOT, "dist/provider/hosts/plugin/main.js");

/** Files that the plugin's process has loaded when it prints its port, and once it serves. */
function loadedByPlugin(): { atPort: string[]; atEnd: string[] } {
  const script = `
    const { writeSync } = require("node:fs");
    const loaded = () => Object.keys(require.cache);
    let atPort;
    console.log = () => { atPort ??= loaded(); setTimeout(() => { writeSync(1, JSON.stringify({ atPort, atEnd: loaded() })); process.exit(); }, 500); };
    process.argv[2] = "127.0.0.1:1";
    require(${JSON.stringify(PLUGIN)});`;
  // A pipe that ends would end the plugin.
  const stdio = ["ignore", "pipe", "inherit"] as const;
  return JSON.parse(execFileSync(process.execPath, ["-e", script], { encoding: "utf8", stdio: [...stdio] }));
}

test("the plugin is one file: it loads no package, and no other file but HTTP's", () => {
  const { atPort, atEnd } = loadedByPlugin();
  expect(atPort).toEqual([PLUGIN]);
  expect(atEnd).toEqual([PLUGIN]);
  const text = readFileSync(PLUGIN, "utf8");
  const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name);
  // The constant provider string of the dynamic form is in the spec, and requires nothing here.
  const others = new Set(required.filter((name) => !isBuiltin(name) && name !== "pulumi-postject/dynamic"));
  expect([...others]).toEqual(["../../client/http.js"]);
});

test("the plugin holds one copy of gRPC and one of protobuf, and the licence of each package in it", () => {
  const text = readFileSync(PLUGIN, "utf8");
  const count = (of: string, part: string) => of.split(part).length - 1;
  for (const [licence, file, part] of [
    ["@grpc/grpc-js", "build/src/transport.js", "grpc-node-js/"],
    ["google-protobuf", "google-protobuf.js", "Assertion failed"],
    ["@pulumi/pulumi", "proto/provider_pb.js", 'proto.pulumirpc.ConfigureRequest"'],
  ] as const) {
    const source = readFileSync(path.join(ROOT, "node_modules", licence, file), "utf8").replaceAll("'", '"');
    expect(count(source, part)).toBeGreaterThan(0);
    expect([licence, count(text, part)]).toEqual([licence, count(source, part)]);
    expect(text.slice(0, text.indexOf("*/"))).toContain(`\n${licence}\n`);
  }
});

test("a first request needs one more file", () => {
  expect(loadedBy(path.join(ROOT, "dist/provider/client/http.js"))).toHaveLength(1);
});

test("importing the SDK loads neither undici nor zod nor the client", () => {
  const loaded = loadedBy("pulumi-postject");
  const inSdk = loaded.filter((file) => !file.includes(`${path.sep}@pulumi${path.sep}`));
  expect(inSdk.some((file) => file.includes(path.join("dist", "sdk")))).toBe(true);
  expect(inSdk.filter((file) => /node_modules.(undici|zod)|provider.(client|lifecycle)/.test(file))).toEqual(
    [],
  );
});

test("the SDK's declarations reach neither undici nor zod", () => {
  const seen = new Set<string>();
  const named = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, name = ""] of readFileSync(file, "utf8").matchAll(/(?:from |import\()"([^"]+)"/g)) {
      if (!name.startsWith(".")) named.add(name);
      else {
        const target = path.resolve(path.dirname(file), name);
        visit([`${target}.d.ts`, path.join(target, "index.d.ts")].find(existsSync) ?? target);
      }
    }
  };
  visit(path.join(ROOT, "dist/sdk/index.d.ts"));
  expect(seen.size).toBeGreaterThan(2);
  expect([...named]).toEqual(["@pulumi/pulumi"]);
});
