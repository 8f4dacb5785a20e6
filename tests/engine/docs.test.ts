import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { transformSync } from "esbuild";
import { parseAllDocuments } from "yaml";
import { configurationKeys, PACKAGE_NAME, variableOf } from "../../provider/spec";
import { examples } from "../../provider/spec/examples";
import { ROOT } from "../../tools/root";
import { linkPackages } from "../../tools/workspace";
import { type CodeBlock, readPages } from "../support/docs";
import { useReference, useWorkspace } from "../support/fixtures";
import { checkShell } from "../support/shell";
import { commandsOf, findWorkflows, lintWorkflow } from "../support/workflows";

/** Blocks that nothing checks, and why. */
const unchecked: readonly { page: string; contains: string; reason: string }[] = [
  {
    page: "DESIGN.md",
    contains: "flowchart LR",
    reason: "a drawing; its parts are checked in tests/unit/docs",
  },
  ...["docs/_index.md", "docs/server.md"].map((page) => ({
    page,
    contains: "using Postject = Pulumi.Postject;",
    reason: "a compiler for C# is no part of the set-up; CONTRIBUTING.md says so",
  })),
  {
    page: "docs/_index.md",
    contains: "required_providers",
    reason: "neither is a language host for HCL",
  },
  {
    page: "docs/reference-api.md",
    contains: "| Invoke-Expression",
    reason: "PowerShell; tests/contract/command runs what it pipes",
  },
];

/** Declarations that a fragment of TypeScript gets for the names it uses. */
const given: Readonly<Record<string, string>> = {
  postject: 'import * as postject from "pulumi-postject";',
  pulumi: 'import * as pulumi from "@pulumi/pulumi";',
  app: 'declare const app: import("pulumi-postject").Server;',
  reference: 'declare const reference: import("pulumi-postject/reference").Reference;',
};

/** The keys that a project file may have at its top level. */
const PROJECT_KEYS =
  "name runtime description main author website license plugins packages config variables resources outputs options backend template stackConfigDir requiredPulumiVersion".split(
    " ",
  );

type Document = Readonly<Record<string, unknown>>;

const isUnchecked = (block: CodeBlock) =>
  unchecked.some(({ page, contains }) => page === block.page && block.text.includes(contains));
/** Commands in sentences are checked like those in blocks. */
const blocks = readPages().flatMap((page) => [...page.blocks, ...page.commands]);
const of = (language: string) => blocks.filter((block) => block.language === language && !isUnchecked(block));

/** The server that the examples look up. */
const legacy = { id: examples.getServer.response.id, name: "Legacy App" };
const reference = useReference({ per: "file", seed: { servers: [legacy] } });
const workspace = useWorkspace("examples/yaml", { per: "file", reference });

beforeAll(async () => {
  write("Pulumi.yaml", { name: "docs", runtime: "yaml" });
  await workspace.pulumi(["stack", "init", "dev"]);
});

test("every block of code is in a language that is checked, or on the list of unchecked blocks", () => {
  // Blocks in Java come from docs/examples, which are compiled in tests/engine/sdks.test.ts.
  const checked = ["ts", "yaml", "sh", "json", "python", "go", "java"];
  const others = blocks.filter((block) => !checked.includes(block.language) && !isUnchecked(block));
  expect(others.map(({ place, language }) => `${place}: nobody checks "${language}"`)).toEqual([]);
  expect(
    unchecked.filter(
      ({ page, contains }) => !blocks.some((block) => block.page === page && block.text.includes(contains)),
    ),
  ).toEqual([]);
});

test("every block of TypeScript type-checks against the built package", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-docs-"));
  linkPackages(folder);
  symlinkSync(path.join(ROOT, "node_modules/@types/jest"), path.join(folder, "node_modules/@types/jest"));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2022",
    module: "node16",
    moduleDetection: "force",
    skipLibCheck: true,
    types: ["node", "jest"],
  };
  const programs = of("ts");
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  for (const [index, { text }] of programs.entries()) {
    const missing = Object.keys(given).filter(
      (name) =>
        new RegExp(`\\b${name}\\b`).test(text) && !new RegExp(`(as|const|let|import) ${name}\\b`).test(text),
    );
    // At the end, so that the compiler counts the lines as the page does.
    writeFileSync(
      path.join(folder, `${index}.ts`),
      `${text}${missing.map((name) => given[name]).join("\n")}\n`,
    );
  }
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  rmSync(folder, { recursive: true });
  const problems = stdout
    .trim()
    .replace(
      /^(\d+)\.ts\((\d+),\d+\): error/gm,
      (_, index, line) => `${inPage(programs[Number(index)], Number(line))}:`,
    );
  expect(problems).toBe("");
});

test("every whole program in TypeScript can be previewed", async () => {
  const isProgram = ({ text }: CodeBlock) =>
    /from "pulumi-postject"/.test(text) && /new (postject\.)?(Server|Environment)\(/.test(text);
  const isTest = ({ text }: CodeBlock) => /setMocks|pulumi\/automation|startReference/.test(text);
  // The Node.js host that can be built from Go modules is older than these;
  // tests/engine/resource-options.test.ts has one.
  const hasErrorHook = ({ text }: CodeBlock) => text.includes("ErrorHook");
  const programs = of("ts").filter((block) => isProgram(block) && !isTest(block) && !hasErrorHook(block));
  expect(programs.length).toBeGreaterThan(0);
  write("package.json", { type: "module", main: "index.js" });
  write("Pulumi.yaml", { name: "docs", runtime: "nodejs" });
  const problems: string[] = [];
  for (const { place, text } of programs) {
    writeFileSync(
      path.join(workspace.folder, "index.js"),
      transformSync(text, { loader: "ts", format: "esm" }).code,
    );
    const keys = [...text.matchAll(/\.(?:require|get)(?:Secret)?\("(\w+)"\)/g)].map(([, key = ""]) => key);
    const accounts = [...text.matchAll(/account: "([\w-]+)"/g)].map(([, account]) => account);
    problems.push(...(await preview(keys, accounts)).map((problem) => `${place}: ${problem}`));
  }
  expect(problems).toEqual([]);
});

test("every block of YAML is a program that can be previewed, or something else that is checked", async () => {
  const problems: string[] = [];
  for (const block of of("yaml")) problems.push(...(await checkYaml(block)));
  expect(problems).toEqual([]);
});

test("every command has the sub-commands and options that a page gives it", async () => {
  const problems: string[] = [];
  for (const { place, page, text } of of("sh"))
    problems.push(...(await checkShell(text, page)).map((problem) => `${place}: ${problem}`));
  expect(problems).toEqual([]);
});

test.each(findWorkflows())("the commands of %s exist", async (file) => {
  expect(await checkCommands(readFileSync(path.join(ROOT, file), "utf8"), file)).toEqual([]);
});

test("every block of JSON parses", () => {
  const problems = of("json").flatMap(({ place, text }) => {
    try {
      JSON.parse(text);
      return [];
    } catch (error) {
      return [`${place}: ${(error as Error).message}`];
    }
  });
  expect(problems).toEqual([]);
});

for (const [language, command, args] of [
  ["python", "python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"]],
  ["go", "gofmt", ["-e"]],
] as const) {
  const parse = (input: string) => spawnSync(command, args, { input, encoding: "utf8" });
  const isInstalled = parse("").error === undefined;
  const name = `every block of ${language} parses`;
  (isInstalled ? test : test.skip)(isInstalled ? name : `${name} (skipped: no ${command} on PATH)`, () => {
    const problems = of(language).flatMap(({ place, text }) => {
      const { status, stderr } = parse(text);
      return status === 0 ? [] : [`${place}: ${stderr}`];
    });
    expect(problems).toEqual([]);
  });
}

function inPage(block: CodeBlock | undefined, line: number): string {
  const [page, start] = block?.place.split(":") ?? [];
  return `${page}:${Number(start) + line}`;
}

function write(file: string, content: object): void {
  writeFileSync(path.join(workspace.folder, file), JSON.stringify(content));
}

/** Previews the workspace's program with the configuration `keys` and named `accounts` that it needs. */
async function preview(
  keys: readonly string[],
  accounts: readonly (string | undefined)[] = [],
): Promise<string[]> {
  const env = Object.fromEntries(
    accounts.map((account) => [variableOf("accessToken", account), reference.accessToken]),
  );
  const config = keys.flatMap((key) => ["--config", `${key}=${reference.accessToken}`]);
  const { exitCode, stdout, stderr } = await workspace.pulumi(
    ["preview", "--suppress-progress", ...config],
    env,
  );
  return exitCode === 0 ? [] : [`the preview failed:\n${stdout}${stderr}`];
}

async function checkYaml(block: CodeBlock): Promise<string[]> {
  const documents = parseAllDocuments(block.text).map((document) => document.toJS() as Document | undefined);
  const problems: string[] = [];
  for (const document of documents) problems.push(...(await checkDocument(document ?? {}, block)));
  return problems.map((problem) => `${block.place}: ${problem}`);
}

/** Problems of one document: a workflow, a Kubernetes object, a stack's configuration or a project. */
async function checkDocument(document: Document, { text, page }: CodeBlock): Promise<string[]> {
  const keys = Object.keys(document);
  if ("jobs" in document) return [...lintWorkflow(text), ...(await checkCommands(text, page))];
  if ("apiVersion" in document) {
    const missing = ["kind", "metadata"].filter((key) => !keys.includes(key));
    if (missing.length > 0) return [`the object has no ${missing.join(" and no ")}`];
    return document.kind === "Program" ? previewYaml(document.program as object) : [];
  }
  const settings = Object.keys((document.config ?? {}) as object).filter((key) => key.includes(":"));
  const isKnown = (setting: string) => {
    const [namespace = "", key] = setting.split(":");
    return !namespace.startsWith(PACKAGE_NAME) || configurationKeys.some((known) => known === key);
  };
  const unknown = [
    ...keys.filter((key) => !PROJECT_KEYS.includes(key)),
    ...settings.filter((setting) => !isKnown(setting)),
  ];
  if (unknown.length > 0) return [`nothing that is checked has ${unknown.join(", ")}`];
  if (settings.length > 0 || (document.runtime ?? "yaml") !== "yaml") return [];
  return previewYaml(document);
}

/** Problems of the commands in a workflow or action. */
async function checkCommands(text: string, page: string): Promise<string[]> {
  return (await Promise.all(commandsOf(text).map((run) => checkShell(run, page)))).flat();
}

/** Previews a YAML program, or a fragment completed to one. */
function previewYaml(program: object): Promise<string[]> {
  const { config = {} } = program as { config?: Readonly<Record<string, { default?: unknown }>> };
  const plugins = { providers: [{ name: PACKAGE_NAME, path: ROOT }] };
  write("Pulumi.yaml", { ...program, name: "docs", runtime: "yaml", plugins });
  return preview(Object.keys(config).filter((key) => config[key]?.default === undefined));
}
