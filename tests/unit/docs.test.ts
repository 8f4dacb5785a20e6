import { configuration, PACKAGE_NAME } from "../../provider/spec";
import { brokenLinks, readPages } from "../support/docs";

const pages = readPages();

test("every link between pages leads to a file and a heading that exist", () => {
  expect(pages.flatMap((page) => brokenLinks(page, pages))).toEqual([]);
});

/** Every match in the pages that is not known, with its place. */
function unknownIn(pattern: RegExp, known: readonly string[]): string[] {
  return pages.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      [...line.matchAll(pattern)]
        .map(([, name = ""]) => name)
        .filter((name) => !known.includes(name))
        .map((name) => `${path}:${index + 1}: ${name}`),
    ),
  );
}

test("every environment variable of the provider that a page names exists", () => {
  const variables = Object.values(configuration).flatMap((field) => ("env" in field ? [field.env] : []));
  expect(unknownIn(/\b(POSTJECT_[A-Z_]+)\b/g, variables)).toEqual([]);
});

test("every configuration key that a page names exists", () => {
  const keys = Object.keys(configuration).map((key) => `${PACKAGE_NAME}:${key}`);
  expect(unknownIn(/\b(postject:(?!index\b|Server\b)[a-z]\w*)(?![\w:])/g, keys)).toEqual([]);
});

// The registry renders these two, and makes their heading of the title.
test.each(["docs/_index.md", "docs/installation-configuration.md"])(
  "%s has the form of Pulumi's registry",
  (file) => {
    const { text = "", prose = "" } = pages.find(({ path }) => path === file) ?? {};
    expect(text).toMatch(/^---\ntitle: .+\nmeta_desc: .+\nlayout: package\n---\n/);
    expect(prose).not.toMatch(/^# /m);
    expect(prose).not.toMatch(/\]\((?!https:|#)/);
  },
);
