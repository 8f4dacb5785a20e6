import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { ROOT } from "../../tools/root";

/** What each part may import of the others; design: imports point one way. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "provider/spec": [],
  "provider/client": ["provider/spec"],
  "provider/lifecycle": ["provider/spec", "provider/client"],
  "provider/hosts/dynamic": ["provider/spec", "provider/client", "provider/lifecycle", "provider/hosts"],
  "provider/hosts/plugin": ["provider/spec", "provider/client", "provider/lifecycle", "provider/hosts"],
  "provider/hosts": ["provider/lifecycle"],
  "provider/command": ["provider/spec", "provider/client"],
  "provider/reference": ["provider/spec"],
  "provider/schema": ["provider/spec", "provider/reference"],
  sdk: ["provider/spec", "provider/client"],
};

/** Packages that a part may load when it is imported; what it loads later, in a function, is not listed. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "provider/spec": ["zod/mini"],
  "provider/command": ["commander"],
  "provider/reference": ["zod/mini", "zod/v4/locales", "commander", "node-sqlite3-wasm"],
  "provider/schema": ["zod/mini", "zod-openapi"],
  "provider/hosts/plugin": ["@grpc/grpc-js", "@pulumi/pulumi", "google-protobuf"],
  sdk: ["@pulumi/pulumi"],
};

/** Holds what a first request loads, undici and the message schemas; the build makes one file of it. */
const HTTP = "provider/client/http";

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
  /** By `import()` or `require`, when it is needed. */
  readonly later: boolean;
}

const partOf = (file: string) => Object.keys(allowed).find((part) => file.startsWith(`${part}/`)) ?? file;

function readImports(folder: string): Import[] {
  const files = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const from = path.posix.join(folder, file);
      const text = readFileSync(path.join(ROOT, from), "utf8").replace(/^\s*(\/?\*|\/\/).*$/gm, "");
      const statements = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"/gm)];
      const calls = [...text.matchAll(/(typeof\s+)?\b(?:import|require)\("([^"]+)"\)/g)];
      const resolve = (to: string) =>
        to.startsWith(".") ? path.posix.join(path.posix.dirname(from), to) : to;
      return [
        ...statements.map(([, typeOnly, to = ""]) => ({
          from,
          to: resolve(to),
          typeOnly: Boolean(typeOnly),
          later: false,
        })),
        ...calls.map(([, typeOnly, to = ""]) => ({
          from,
          to: resolve(to),
          typeOnly: Boolean(typeOnly),
          later: true,
        })),
      ];
    });
}

const imports = [...readImports("provider"), ...readImports("sdk")];

test("every import between parts is an edge of the design", () => {
  const wrong = imports.filter(({ from, to }) => {
    const [source, target] = [partOf(from), partOf(`${to}/`)];
    return target in allowed && source !== target && !allowed[source]?.includes(target);
  });
  expect(wrong).toEqual([]);
});

test("no part loads a package at start that it has no business with", () => {
  const wrong = imports.filter(({ from, to, typeOnly, later }) => {
    if (from === `${HTTP}.ts`) return false;
    const isPackage = !to.startsWith("provider") && !to.startsWith("sdk") && !to.startsWith("node:");
    return isPackage && !typeOnly && !later && !packages[partOf(from)]?.some((name) => to.startsWith(name));
  });
  expect(wrong).toEqual([]);
});

test("only code that talks HTTP loads the message schemas, and with them zod", () => {
  const loaders = imports.filter(
    ({ to, typeOnly, later }) => to === "provider/spec/messages" && !typeOnly && !later,
  );
  const parts = loaders.filter(({ from }) => from !== `${HTTP}.ts`).map(({ from }) => partOf(from));
  expect([...new Set(parts)].toSorted()).toEqual(["provider/reference", "provider/schema"]);
});

test("what a first request loads is loaded in one place, and later", () => {
  const loaders = imports.filter(({ to, typeOnly }) => to === HTTP && !typeOnly);
  expect(loaders).toEqual([{ from: "provider/client/load-http.ts", to: HTTP, typeOnly: false, later: true }]);
});

test("there are no import cycles", () => {
  const files = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (typeOnly) continue;
    const target = imports.find((other) => [`${to}.ts`, `${to}/index.ts`].includes(other.from))?.from;
    if (target !== undefined) files.set(from, [...(files.get(from) ?? []), target]);
  }
  const cycles: string[][] = [];
  const visit = (file: string, trail: string[]) => {
    if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file]);
    else for (const next of files.get(file) ?? []) visit(next, [...trail, file]);
  };
  for (const file of files.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});

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

/** What the plugin's process has loaded when it prints its port, and when it serves. */
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

test("the plugin is one file: neither its start nor what it loads later needs a package or another file but HTTP's", () => {
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

test("what a first request needs is one file", () => {
  expect(loadedBy(path.join(ROOT, `dist/${HTTP}.js`))).toHaveLength(1);
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
