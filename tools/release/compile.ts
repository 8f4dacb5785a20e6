import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../root";
import { mustRun } from "../workspace";

/** A generated SDK to compile programs with, a folder for what that takes, and the engine's environment. */
export interface CompiledSdk {
  readonly source: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}

const EXAMPLES = path.join(ROOT, "docs/examples");
const examples = readdirSync(EXAMPLES);

const TSC = path.join(ROOT, "node_modules/typescript/bin/tsc");

/** Compiles the SDK as Pulumi's own are, into `bin`, and type-checks the programs with it. */
export async function compileTypeScript({ source, home, env }: CompiledSdk): Promise<void> {
  const modules = path.join(ROOT, "node_modules");
  symlinkSync(modules, path.join(source, "node_modules"), "junction");
  await mustRun(process.execPath, [TSC, "-p", "."], source, env);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2022",
    module: "node16",
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [path.join(modules, "@types")],
    // The programs are written for the dynamic form, whose package has another name.
    paths: {
      "pulumi-postject": [path.join(source, "bin/index.d.ts")],
      "@pulumi/pulumi": [path.join(modules, "@pulumi/pulumi")],
    },
  };
  const files = examples.map((example) => path.join(EXAMPLES, example, "index.ts"));
  writeFileSync(path.join(home, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  await mustRun(process.execPath, [TSC, "-p", home], home, env);
}

/** Installs the SDK into an environment of its own, and type-checks the programs there. */
export async function compilePython({ source, home, env }: CompiledSdk): Promise<void> {
  const python = path.join(home, "venv/bin/python");
  await mustRun("python3", ["-m", "venv", path.join(home, "venv")], home, env);
  await mustRun(python, ["-m", "pip", "install", "--quiet", source, "mypy"], home, env);
  const folder = path.join(home, "programs");
  mkdirSync(folder);
  for (const example of examples)
    cpSync(
      path.join(EXAMPLES, example, "__main__.py"),
      path.join(folder, `${example.replaceAll("-", "_")}.py`),
    );
  await mustRun(python, ["-m", "mypy", "--strict", folder], home, env);
}

/** Also compiles an Environment converted from PCL, into which `pulumi convert` first turns any language. */
export async function compileGo({ source, home, env }: CompiledSdk): Promise<void> {
  const folder = path.join(home, "programs");
  for (const example of examples)
    cpSync(path.join(EXAMPLES, example, "main.go"), path.join(folder, example, "main.go"));
  const written = path.join(home, "written");
  mkdirSync(written);
  writeFileSync(
    path.join(written, "main.pp"),
    `resource "staging" "postject:index:Environment" {
  servers = {
    app = {}
    newsletter = { name = "Newsletter", deletionProtection = false }
  }
}
`,
  );
  const args = ["convert", "--from", "pcl", "--language", "go", "--generate-only"];
  await mustRun("pulumi", [...args, "--out", path.join(folder, "converted")], written, {
    ...env,
    PATH: [ROOT, env.PATH].join(path.delimiter),
  });
  const mod = readFileSync(path.join(source, "go.mod"), "utf8");
  const [, sdk = ""] = /^module (.*)$/m.exec(mod) ?? [];
  writeFileSync(
    path.join(folder, "go.mod"),
    `${mod.replace(sdk, "programs")}\nrequire ${sdk} v0.0.0\nreplace ${sdk} => ${source}\n`,
  );
  await mustRun("go", ["vet", "-mod=mod", "./...", `${sdk}/...`], folder, env);
}

/** With `javac` and the packages that the SDK's build file names, which Maven brings. */
export async function compileJava({ source, home, env }: CompiledSdk): Promise<void> {
  const build = readFileSync(path.join(source, "build.gradle"), "utf8");
  const dependencies = [...build.matchAll(/implementation\("([^:"]+):([^:"]+):([^"]+)"\)/g)].map(
    ([, group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  writeFileSync(
    path.join(home, "pom.xml"),
    `<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
<dependencies>${dependencies.join("")}</dependencies></project>`,
  );
  await mustRun("mvn", ["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"], home, env);
  const sources = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".java"))
    .map((file) => path.join(source, file));
  await mustRun("javac", ["-cp", "jars/*", "-d", "sdk", ...sources], home, env);
  for (const example of examples) {
    const program = path.join(EXAMPLES, example, "App.java");
    const classPath = ["jars/*", "sdk"].join(path.delimiter);
    await mustRun("javac", ["-cp", classPath, "-d", example, program], home, env);
  }
}
