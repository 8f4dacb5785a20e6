import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import {
  configuration,
  configurationKeys,
  PACKAGE_NAME,
  variableOf,
  variableSuffixes,
} from "../../provider/spec";
import { ROOT } from "../../tools/root";
import { brokenLinks, readPage, readPages } from "../support/docs";
import { pasteProblems } from "../support/shell";

const pages = readPages();

test("every link between pages leads to a file and a heading that exist", () => {
  expect(pages.flatMap((page) => brokenLinks(page, pages))).toEqual([]);
});

test("every block of commands can be pasted into bash and zsh", () => {
  const blocks = pages.flatMap((page) => page.blocks).filter(({ language }) => language === "sh");
  expect(
    blocks.flatMap(({ place, text }) => pasteProblems(text).map((problem) => `${place}: ${problem}`)),
  ).toEqual([]);
});

test("blocks that cannot be pasted are found", () => {
  for (const [text, problem] of [
    ["npm install # brings it", "it contains a comment"],
    ["curl localhost/x?y=1", "`?` is an unquoted pattern"],
    ["curl localhost/x?y=1&z=2", "it runs a command in the background"],
    ['echo "Done!"', '`"Done!"` contains an unquoted `!`'],
    ["npx postject-reference\npulumi up", "commands follow the reference, which keeps running"],
  ] as const)
    expect(pasteProblems(text)).toContain(problem);
  expect(pasteProblems("(umask 077 && curl 'localhost/x?y=1&z=2#!' > a#b)")).toEqual([]);
});

/** All matches in the pages that are not known, with their places. */
function unknownIn(pattern: RegExp, known: readonly string[]): string[] {
  return pages.flatMap(({ path: page, text }) =>
    text.split("\n").flatMap((line, index) =>
      [...line.matchAll(pattern)]
        .map(([, name = ""]) => name)
        .filter((name) => !known.includes(name))
        .map((name) => `${page}:${index + 1}: ${name}`),
    ),
  );
}

test("every environment variable of ours on a page is one that the code reads or writes", () => {
  const sources = ["provider", "sdk", "tools"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(path.join(ROOT, folder, file), "utf8")),
  );
  const variables = sources.flatMap((source) => source.match(/\bPOSTJECT_[A-Z0-9_]+/g) ?? []);
  expect(variables).toContain("POSTJECT_ACCESS_TOKEN");
  // Variables of named accounts, and those that an environment makes for an application.
  const made = [
    ...configurationKeys.map((key) => variableOf(key)?.replace("POSTJECT", "") ?? "none"),
    ...Object.keys(variableSuffixes).map((suffix) => `_${suffix}`),
  ];
  const isMade = (name: string) => made.some((end) => name.endsWith(end));
  expect(unknownIn(/\b(POSTJECT_[A-Z0-9_]+)/g, variables).filter((found) => !isMade(found))).toEqual([]);
});

test("every configuration key on a page exists", () => {
  const keys = Object.keys(configuration).map((key) => `${PACKAGE_NAME}:${key}`);
  expect(unknownIn(/\b(postject:(?!index\b|getServers?\b)[a-z]\w*)(?![\w:])/g, keys)).toEqual([]);
});

test("every example is run by an engine test", () => {
  const folder = path.join(ROOT, "tests/engine");
  const tests = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), "utf8"));
  const opens = (name: string) =>
    new RegExp(`(open\\(|useWorkspace\\(|example: |EXAMPLE = )"(examples/)?${name}"`);
  const examples = readdirSync(path.join(ROOT, "examples"));
  expect(examples.filter((name) => !tests.some((text) => opens(name).test(text)))).toEqual([]);
});

test("the README's table of the demo lists the demo's steps", () => {
  const source = readFileSync(path.join(ROOT, "tools/demo.ts"), "utf8");
  const steps = [...source.matchAll(/title: "(.+)",\s+sends: "(.+)",\s+servers: (\d+),/g)];
  const { text } = readPage("README.md");
  const rows = [...text.matchAll(/^\| \d+ \| (.+) \| (.+) \| (\d+) \| (ok|refused, as it should be) \|$/gm)];
  expect(rows.map(([, ...cells]) => cells.slice(0, 3))).toEqual(steps.map(([, ...cells]) => cells));
  expect(steps.length).toBeGreaterThan(0);
});

test("the parts in the drawing of the data flow are folders", () => {
  const { blocks } = readPage("DESIGN.md");
  const { text = "" } = blocks.find(({ language }) => language === "mermaid") ?? {};
  const names = [...text.matchAll(/\["(hosts\/\w+)"\]|\b(sdk|spec|lifecycle|client|reference)\b/g)];
  const folders = [...new Set(names.map(([, host, part]) => host ?? part ?? ""))];
  expect(folders).toHaveLength(7);
  expect(
    folders.filter((part) => !["", "provider"].some((top) => existsSync(path.join(ROOT, top, part)))),
  ).toEqual([]);
});
