import { readFileSync } from "node:fs";
import {
  configuration,
  environmentResource,
  type Field,
  type Fields,
  functions,
  objectTypes,
  PACKAGE_NAME,
  serverResource,
} from "../spec";
import { examples, renderFence, renderForPage } from "./examples";
import { INSTALL_PLUGIN, renderConfigurationList, renderExample, renderInstallation } from "./registry";

/** What a page can have written between `<!-- generated:name -->` and `<!-- /generated -->`. */
const sections = {
  configuration: renderConfigurationTable,
  configurationList: renderConfigurationList,
  example: renderExample,
  installation: renderInstallation,
  installPlugin: () => renderFence("sh", `${INSTALL_PLUGIN}\n`).trimEnd(),
} as const satisfies Readonly<Record<string, () => string>>;

const SECTION = /(<!-- generated:(\w+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;

/** A page with its generated sections written anew. Throws on a section that nobody generates. */
export function renderSections(page: string): string {
  return readFileSync(page, "utf8").replace(SECTION, (_, start: string, name: string, end: string) => {
    if (!(name in sections)) throw new Error(`${page}: nobody generates "${name}"`);
    return `${start}${sections[name as keyof typeof sections]()}\n${end}`;
  });
}

/** `docs/server.md`: every property of the resources, the functions and the configuration. */
export function renderServerPage(): string {
  const lookups = Object.entries(functions).flatMap(([name, { description, inputs, outputs }]) => [
    `## ${name}\n\n${description}\n`,
    renderForPage([examples[name as keyof typeof functions]]),
    `${renderFields(inputs)}\n`,
    `It gives:\n\n${renderFields(outputs)}\n`,
  ]);
  const types = objectTypes.map(({ name, fields }) => `## ${name}\n\n${renderFields(fields)}\n`);
  return [
    "<!-- Generated from provider/spec by `npm run generate`; do not edit. -->",
    `# Server\n\n${serverResource.description}\n`,
    `In programs of the plugin its type is \`${serverResource.token}\`.\n`,
    `## Example usage\n\n${renderForPage([examples.server, examples.get])}`,
    `## Inputs\n\nAll are optional.\n\n${renderFields(serverResource.inputs)}\n`,
    `## Outputs\n\nBesides \`id\`, Postject's id of the server:\n\n${renderFields(serverResource.outputs)}\n`,
    `## Environment\n\n${environmentResource.description}\n`,
    renderForPage([examples.environment]),
    `${renderFields(environmentResource.inputs)}\n`,
    "It gives the following; in TypeScript programs of the dynamic form, `servers` are `Server` resources:\n",
    `${renderFields(environmentResource.outputs)}\n`,
    ...lookups,
    ...types,
    `## Configuration\n\n${renderConfigurationTable()}\n`,
  ].join("\n");
}

function renderConfigurationTable(): string {
  const rows = Object.entries(configuration).map(([key, field]) => {
    const env = "env" in field ? `\`${field.env}\`` : "";
    const unset = "default" in field ? `\`${field.default}\`` : "";
    return [`\`${PACKAGE_NAME}:${key}\``, env, unset, renderDescription(field)];
  });
  return renderTable(["key", "environment", "default", "meaning"], rows);
}

function renderFields(fields: Fields): string {
  const rows = Object.entries(fields).map(([name, field]) => [
    `\`${name}\``,
    renderType(field),
    renderDescription(field),
  ]);
  return renderTable(["property", "type", "meaning"], rows);
}

function renderType({ type }: Field): string {
  if (typeof type === "string") return `\`${type}\``;
  const [item, text] =
    "listOf" in type
      ? [type.listOf, (name: string) => `${name}[]`]
      : [type.mapOf, (name: string) => `Map<${name}>`];
  return typeof item === "string"
    ? `\`${text(item)}\``
    : `[\`${text(item.name)}\`](#${item.name.toLowerCase()})`;
}

function renderDescription({ description, secret, replaces, onlyDynamic }: Field): string {
  const marks = [
    secret && "**Secret.**",
    replaces && "**A change replaces the server.**",
    onlyDynamic && "**Only in the dynamic form.**",
  ].filter((mark) => mark !== undefined);
  return [...marks, description].join(" ");
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
