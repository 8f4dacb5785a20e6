import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { configuration } from "../../provider/spec";
import { ROOT } from "../../tools/root";
import { readPage } from "../support/docs";

// What Pulumi's registry asks of a package: docs/adding-a-new-package.md and docs/overview-page.md in
// github.com/pulumi/registry, and the schema's own reference.

interface Described {
  readonly description?: string;
}

interface Schema {
  readonly displayName: string;
  readonly repository: string;
  readonly keywords: readonly string[];
  readonly logoUrl: string;
  readonly pluginDownloadURL: string;
  readonly config: { readonly variables: Readonly<Record<string, Described>> };
  readonly types: Readonly<Record<string, { readonly properties: Readonly<Record<string, Described>> }>>;
  readonly resources: Readonly<
    Record<string, Described & Record<"inputProperties" | "properties", Readonly<Record<string, Described>>>>
  >;
  readonly functions: Readonly<
    Record<
      string,
      Described & Record<"inputs" | "outputs", { readonly properties: Readonly<Record<string, Described>> }>
    >
  >;
}

const schema = JSON.parse(readFileSync(path.join(ROOT, "sdk/schema.json"), "utf8")) as Schema;
const overview = readPage("docs/_index.md");

/** Languages that have an SDK, and HCL, which has none. */
const SDK_LANGUAGES = ["typescript", "python", "go", "csharp", "java", "yaml"];
const LANGUAGES = [...SDK_LANGUAGES, "hcl"];

describe("the schema", () => {
  test("says who publishes the package, under which licence, and where its source, home and logo are", () => {
    expect(schema).toMatchObject({
      displayName: expect.stringMatching(/./),
      description: expect.stringMatching(/./),
      publisher: expect.stringMatching(/./),
      license: expect.stringMatching(/./),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      homepage: expect.stringMatching(/^https:/),
      repository: expect.stringMatching(/^https:\/\/github\.com\/[\w-]+\/pulumi-\w+$/),
    });
    const slug = schema.repository.replace("https://github.com/", "");
    const ours = `https://raw.githubusercontent.com/${slug}/main/`;
    expect(schema.logoUrl).toContain(ours);
    expect(existsSync(path.join(ROOT, schema.logoUrl.slice(ours.length)))).toBe(true);
    expect(schema.pluginDownloadURL).toBe(`github://api.github.com/${slug}`);
  });

  test("has one category and one kind of those that the registry knows", () => {
    const reserved = schema.keywords.filter((keyword) => keyword.includes("/"));
    expect(reserved).toEqual([
      expect.stringMatching(/^category\/(cloud|database|infrastructure|network|utility|vcs)$/),
      expect.stringMatching(/^kind\/(native|component)$/),
    ]);
  });

  const described = { ...schema.resources, ...schema.functions };

  test.each(Object.keys(described))("shows %s in every language", (token) => {
    const { description = "" } = described[token] ?? {};
    const examples = description.match(/\{\{% example %\}\}[\s\S]*?\{\{% \/example %\}\}/g) ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples)
      expect([...example.matchAll(/^```(\w+)$/gm)].map(([, language]) => language)).toEqual(SDK_LANGUAGES);
  });

  test("describes every resource, function, property and parameter", () => {
    const properties = [
      schema.config.variables,
      ...Object.values(schema.types).map((type) => type.properties),
      ...Object.values(schema.resources).flatMap((resource) => [
        resource.inputProperties,
        resource.properties,
      ]),
      ...Object.values(schema.functions).flatMap(({ inputs, outputs }) => [
        inputs.properties,
        outputs.properties,
      ]),
    ];
    const all = [described, ...properties].flatMap((group) => Object.entries(group));
    expect(all.filter(([, { description = "" }]) => description === "").map(([name]) => name)).toEqual([]);
  });
});

const pages = ["docs/_index.md", "docs/installation-configuration.md"];

describe.each(pages)("%s", (file) => {
  const { text, headings, links } = readPage(file);

  test("begins with the front matter of a package's page", () => {
    expect(text).toMatch(/^---\ntitle: .+\nmeta_desc: [^\n]+\.\nlayout: package\n---\n/);
  });

  test("has no heading of the first level, because its title is one", () => {
    expect(headings.filter(({ tag }) => tag === "h1")).toEqual([]);
  });

  test("links by whole addresses", () => {
    expect(links.filter(({ target }) => !/^(https:|#)/.test(target))).toEqual([]);
  });

  test("writes choosers with angle brackets, and what they choose among with percent signs", () => {
    const shortcodes = text.match(/\{\{.*?\}\}/g) ?? [];
    const right =
      /^(\{\{< (chooser language "[\w,]+"|\/chooser) >\}\}|\{\{% (choosable language \w+|\/choosable) %\}\})$/;
    expect(shortcodes.filter((shortcode) => !right.test(shortcode))).toEqual([]);
  });
});

describe("the overview page", () => {
  const sections = new Map(
    overview.text
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split("\n")[0] ?? "", section]),
  );
  const tabsOf = (section: string) =>
    [
      ...(sections.get(section) ?? "").matchAll(
        /\{\{% choosable language (\w+) %\}\}([\s\S]*?)\{\{% \/choosable %\}\}/g,
      ),
    ].map(([, language = "", tab = ""]) => ({ language, tab }));

  test("has the title of the schema, opens with prose and goes on with the sections in their order", () => {
    expect(overview.text).toContain(`\ntitle: ${schema.displayName}\n`);
    expect(overview.text).toMatch(/\n---\n\n[A-Z][^#]+\n## /);
    expect([...sections.keys()].slice(0, 3)).toEqual(["Installation", "Example Usage", "Configuration"]);
  });

  test("tells readers of every language what to run", () => {
    const tabs = tabsOf("Installation");
    expect(tabs.map(({ language }) => language)).toEqual(LANGUAGES);
    expect(tabs.filter(({ tab }) => !/```sh\n\w+/.test(tab))).toEqual([]);
  });

  test("shows a program in every language, and how to configure it", () => {
    const tabs = tabsOf("Example Usage");
    expect(tabs.map(({ language }) => language)).toEqual(SDK_LANGUAGES);
    expect(tabs.filter(({ language, tab }) => !tab.includes(`\`\`\`${language}\n`))).toEqual([]);
    expect(sections.get("Example Usage")).toContain("pulumi config set --secret postject:accessToken");
  });

  test("lists every parameter by its bare name, whether it is required and secret, and its variable", () => {
    const list = sections.get("Configuration") ?? "";
    for (const [key, field] of Object.entries(configuration)) {
      const [item = ""] = new RegExp(`^- \`${key}\` \\(.*$`, "m").exec(list) ?? [];
      expect(item).toMatch(/^- `\w+` \((Required|Optional)(, Secret)?\): ./);
      expect(item.includes(", Secret)")).toBe("secret" in field);
      if ("env" in field) expect(item).toContain(`\`${field.env}\``);
    }
  });
});
