import { readFileSync } from "node:fs";
import { renderDocsPage } from "./docs-page";
import { renderErrors } from "./errors-page";
import { renderOpenApi } from "./openapi";
import { renderPulumiSchema } from "./pulumi-schema";
import { renderSections, renderServerPage } from "./tables";
import { renderTypes } from "./typescript";

/** Every generated file, by its path in the repository; rendered with the repository as working folder. */
export const generatedFiles: Readonly<Record<string, () => string | Promise<string>>> = {
  "README.md": () => renderSections("README.md"),
  "docs/_index.md": () => renderSections("docs/_index.md"),
  "docs/errors.md": renderErrors,
  "docs/installation-configuration.md": () => renderSections("docs/installation-configuration.md"),
  "docs/server.md": renderServerPage,
  "provider/reference/docs.html": renderDocsPage,
  "provider/reference/openapi.json": renderOpenApi,
  "provider/spec/version.ts": renderVersion,
  "sdk/schema.json": renderPulumiSchema,
  "sdk/types.ts": renderTypes,
};

function renderVersion(): string {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  return `// Generated from package.json by \`npm run generate\`; do not edit.\nexport const VERSION = ${JSON.stringify(version)};\n`;
}
