import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";
import { ROOT } from "../../tools/root";

/** Code in a page. */
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
  readonly text: string;
  /** Fenced blocks. */
  readonly blocks: readonly CodeBlock[];
  /** Commands in sentences. */
  readonly commands: readonly CodeBlock[];
  readonly links: readonly { readonly place: string; readonly target: string }[];
  /** `h1` to `h6`, and the anchor that GitHub gives it. */
  readonly headings: readonly { readonly tag: string; readonly anchor: string }[];
}

/** Pages in the root folder for users and contributors, in addition to all of `docs` and the examples. */
const TOP = ["README.md", "DESIGN.md", "CONTRIBUTING.md", "SECURITY.md"];

/** How pages in Pulumi's registry link to our files; a relative link would lead elsewhere there. */
const OURS = "https://github.com/pulumi-postject/pulumi-postject/blob/main/";

/** Other names for languages that pages may use. */
const languages: Readonly<Record<string, string>> = {
  typescript: "ts",
  bash: "sh",
  shell: "sh",
  yml: "yaml",
  py: "python",
};

const markdown = new MarkdownIt();

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

/** Reads one page of the repository. */
export function readPage(page: string): Page {
  const text = readFileSync(path.join(ROOT, page), "utf8");
  const slugger = new GithubSlugger();
  const blocks: CodeBlock[] = [];
  const commands: CodeBlock[] = [];
  const links: { place: string; target: string }[] = [];
  const headings: { tag: string; anchor: string }[] = [];
  let place = "";
  let heading: string | undefined;
  for (const { type, tag, map, info, content, children } of markdown.parse(text, {})) {
    // The cells of a table have no line of their own.
    if (map) place = `${page}:${map[0] + 1}`;
    if (type === "fence") {
      const name = info.trim().split(/\s/)[0]?.toLowerCase() ?? "";
      blocks.push({ place, page, language: languages[name] ?? name, text: content });
    }
    for (const child of children ?? []) {
      const target = child.attrGet("href") ?? child.attrGet("src");
      if (target !== null) links.push({ place, target: decodeURI(String(target)) });
      if (child.type === "code_inline" && /^(pulumi|npm run|npx) [a-z]/.test(child.content))
        commands.push({ place, page, language: "sh", text: child.content });
    }
    if (heading !== undefined) {
      const title = (children ?? []).map((child) => child.content).join("");
      headings.push({ tag: heading, anchor: slugger.slug(title) });
    }
    heading = type === "heading_open" ? tag : undefined;
  }
  return { path: page, text, blocks, commands, links, headings };
}

/** Broken links of a page: `docs/import.md:6: there is no …`. */
export function brokenLinks({ path: page, links }: Page, pages: readonly Page[]): string[] {
  return links.flatMap(({ place, target: link }) => {
    const [file = "", anchor] = link.split("#");
    const isOurs = file.startsWith(OURS);
    if (/^(https?|mailto):/.test(link) && !isOurs) return [];
    const beside = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
    const target = isOurs ? file.slice(OURS.length) : beside;
    if (!existsSync(path.join(ROOT, target))) return [`${place}: there is no ${target}`];
    if (anchor === undefined || !target.endsWith(".md")) return [];
    const { headings = [] } = pages.find((other) => other.path === target) ?? {};
    return headings.some((heading) => heading.anchor === anchor)
      ? []
      : [`${place}: ${target} has no heading #${anchor}`];
  });
}
