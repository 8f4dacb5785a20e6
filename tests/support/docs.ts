import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";

/** A fenced block of code in a page, or a command in a sentence. */
export interface CodeBlock {
  /** `docs/import.md:6`, for messages. */
  readonly place: string;
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

export interface Page {
  /** Path in the repository. */
  readonly path: string;
  /** With the blocks of code blanked out, line for line. */
  readonly prose: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
}

/** Pages at the top whose readers are users or contributors; all of `docs` and the examples come on top. */
const TOP = ["README.md", "DESIGN.md", "CONTRIBUTING.md", "SECURITY.md"];

/** How a page links a file of ours where a relative link would lead elsewhere: in Pulumi's registry. */
const OURS = "https://github.com/pulumi-postject/pulumi-postject/blob/main/";

/** Names that pages use for a language, by the one it is checked as. */
const languages: Readonly<Record<string, string>> = {
  typescript: "ts",
  bash: "sh",
  shell: "sh",
  yml: "yaml",
  py: "python",
};

/** Every page that users read, with its code. */
export function readPages(): Page[] {
  const below = (folder: string, isPage: (name: string) => boolean) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => !name.includes("node_modules") && isPage(path.basename(name)))
      .map((name) => path.posix.join(folder, name.replaceAll(path.sep, "/")));
  const pages = [
    ...TOP,
    ...below("docs", (name) => name.endsWith(".md")),
    ...below("examples", (name) => name === "README.md"),
  ];
  return pages.map(readPage);
}

function readPage(page: string): Page {
  const text = readFileSync(path.join(ROOT, page), "utf8");
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let fence: { indent: string; marks: string; language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const [, indent = "", marks = "", info = ""] = /^([ >]*)(`{3,}|~{3,})\s*([^`]*)$/.exec(line) ?? [];
    const name = info.trim().split(/\s/)[0]?.toLowerCase() ?? "";
    if (fence === undefined && marks !== "")
      fence = { indent, marks, language: languages[name] ?? name, line: index + 1, lines: [] };
    else if (fence !== undefined && marks.startsWith(fence.marks) && info.trim() === "") {
      const place = `${page}:${fence.line}`;
      const { language, lines } = fence;
      blocks.push({ place, page, language, text: `${lines.join("\n")}\n` });
      fence = undefined;
    } else if (fence !== undefined) fence.lines.push(line.slice(fence.indent.length));
    prose.push(fence === undefined && marks === "" ? line : "");
  }
  if (fence !== undefined) throw new Error(`${page}:${fence.line}: this block of code has no end`);
  return { path: page, text, prose: prose.join("\n"), blocks: [...blocks, ...readSpans(page, prose)] };
}

/** Commands that a sentence names: they are held to the same as those in blocks. */
function readSpans(page: string, prose: readonly string[]): CodeBlock[] {
  return prose.flatMap((line, index) =>
    [...line.matchAll(/`([^`]+)`/g)]
      .map(([, span = ""]) => span)
      .filter((span) => /^(pulumi|npm run|npx) [a-z]/.test(span))
      .map((text) => ({ place: `${page}:${index + 1}`, page, language: "sh", text })),
  );
}

/** Links of a page that lead nowhere: `docs/import.md:6: no file …`. */
export function brokenLinks(page: Page, pages: readonly Page[]): string[] {
  return page.prose.split("\n").flatMap((line, index) => {
    const links = [...line.matchAll(/\]\(([^)\s]+)\)|(?:href|src)="([^"]+)"/g)].map(
      ([, inText, inTag]) => inText ?? inTag ?? "",
    );
    return links.flatMap((link) => {
      const [file = "", anchor] = link.split("#");
      const isOurs = file.startsWith(OURS);
      if (/^(https?|mailto):/.test(link) && !isOurs) return [];
      const beside = file === "" ? page.path : path.posix.join(path.posix.dirname(page.path), file);
      const target = isOurs ? file.slice(OURS.length) : beside;
      const place = `${page.path}:${index + 1}`;
      if (!existsSync(path.join(ROOT, target))) return [`${place}: there is no ${target}`];
      if (anchor === undefined || !target.endsWith(".md")) return [];
      const anchors = anchorsOf(pages.find((other) => other.path === target)?.prose ?? "");
      return anchors.includes(anchor) ? [] : [`${place}: ${target} has no heading #${anchor}`];
    });
  });
}

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(prose: string): string[] {
  const headings = [...prose.matchAll(/^#{1,6} +(.*?) *$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
  return headings.map((heading, index) => {
    const before = headings.slice(0, index).filter((other) => other === heading).length;
    return before === 0 ? heading : `${heading}-${before}`;
  });
}
