import { readFileSync } from "node:fs";

/** The languages in docs/examples, in the order of Pulumi's own pages. `name` is what Pulumi calls each. */
export const languages = [
  { name: "typescript", title: "TypeScript", file: "index.ts" },
  { name: "python", title: "Python", file: "__main__.py" },
  { name: "go", title: "Go", file: "main.go" },
  { name: "csharp", title: "C#", file: "Program.cs" },
  { name: "java", title: "Java", file: "App.java" },
  { name: "yaml", title: "YAML", file: "Pulumi.yaml" },
] as const;

/** The generated Node.js SDK's package. Programs of `pulumi-postject`, the dynamic form, look the same. */
export const NODE_SDK = "pulumi-postject-sdk";

/** A program of docs/examples in every language, and what it shows. */
export interface Example {
  readonly folder: string;
  readonly title: string;
}

export const examples = {
  server: { folder: "server", title: "A server and its token" },
  get: { folder: "get", title: "A server that something else manages" },
  environment: { folder: "environment", title: "The servers of one environment" },
  getServer: { folder: "get-server", title: "A server by its name" },
  getServers: { folder: "get-servers", title: "Servers by a part of their name" },
} as const satisfies Readonly<Record<string, Example>>;

/** A section of a schema description: each SDK shows the program in its own language, the registry in all. */
export function renderForSchema(shown: readonly Example[]): string {
  const sections = shown.map(({ folder, title }) => {
    const programs = languages.map(({ name, file }) => {
      const program = readProgram(folder, file).replace('"pulumi-postject"', `"${NODE_SDK}"`);
      return renderFence(name, program);
    });
    return `{{% example %}}\n### ${title}\n\n${programs.join("\n")}\n{{% /example %}}\n`;
  });
  return `{{% examples %}}\n## Example Usage\n${sections.join("")}{{% /examples %}}\n`;
}

/** The same for a page on GitHub: TypeScript, and the others folded. */
export function renderForPage(shown: readonly Example[]): string {
  const sections = shown.map(({ folder, title }) => {
    const [first, ...others] = languages.map(({ name, title: language, file }) => {
      const fence = renderFence(name, readProgram(folder, file));
      return { fence, folded: `<details><summary>${language}</summary>\n\n${fence}\n</details>` };
    });
    return [`${title}:\n`, first?.fence, ...others.map(({ folded }) => folded)].join("\n");
  });
  return `${sections.join("\n\n")}\n`;
}

export function renderFence(language: string, program: string): string {
  return `\`\`\`${language}\n${program}\`\`\`\n`;
}

export function readProgram(folder: string, file: string): string {
  return readFileSync(`docs/examples/${folder}/${file}`, "utf8");
}
