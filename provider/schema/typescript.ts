import {
  environmentResource,
  type Field,
  type Fields,
  functions,
  resultTypes,
  serverResource,
  serverTemplate,
} from "../spec";

/** Source of `sdk/types.ts`: what TypeScript programs see, with the spec's descriptions as docstrings. */
export function renderTypes(): string {
  const objectTypes = resultTypes.map(({ name, fields }) => renderInterface(name, fields, plain));
  const functionTypes = Object.entries(functions).flatMap(([name, { inputs, outputs }]) => {
    const title = name[0]?.toUpperCase() + name.slice(1);
    return [
      renderInterface(`${title}Args`, inputs, plain),
      renderInterface(`${title}Result`, outputs, plain),
    ];
  });
  return [
    "// Generated from provider/spec by `npm run generate`; do not edit.",
    'import type * as pulumi from "@pulumi/pulumi";',
    renderInterface("ServerArgs", serverResource.inputs, input),
    renderInterface(serverTemplate.name, serverTemplate.fields, input),
    renderInterface("EnvironmentArgs<Key extends string = string>", environmentResource.inputs, input),
    "/** A resource with the outputs of a Server. */",
    "export interface ServerProperties extends pulumi.CustomResource {",
    ...renderFields(serverResource.outputs, (key, field) => {
      const type = field.optional ? `${nameOf(field)} | undefined` : nameOf(field);
      return `readonly ${key}: pulumi.Output<${type}>;`;
    }),
    "}",
    ...objectTypes,
    ...functionTypes,
    "",
  ].join("\n");
}

function renderInterface(name: string, fields: Fields, typeOf: (field: Field) => string): string {
  const members = renderFields(fields, (key, field) => {
    return field.optional ? `${key}?: ${typeOf(field)} | undefined;` : `${key}: ${typeOf(field)};`;
  });
  return ["", `export interface ${name} {`, ...members, "}"].join("\n");
}

function renderFields(fields: Fields, render: (key: string, field: Field) => string): string[] {
  return Object.entries(fields).map(
    ([key, field]) =>
      `  /** ${field.description}${field.secret ? " A secret: masked in output, encrypted in state." : ""} */\n  ${render(key, field)}`,
  );
}

/** What a resource is given may come from other resources, unless it has to be known beforehand. */
function input(field: Field): string {
  const type = nameOf(field);
  return field.plain ? type : `pulumi.Input<${type}>`;
}

/** A result that a promise gives is plain; what is secret in it stays wrapped. */
function plain(field: Field): string {
  const type = nameOf(field);
  return field.secret ? `pulumi.Output<${type}>` : type;
}

function nameOf({ type }: Field): string {
  if (type === "integer") return "number";
  if (typeof type === "string") return type;
  if ("listOf" in type) return `${type.listOf.name}[]`;
  return `Readonly<Record<Key, ${typeof type.mapOf === "string" ? type.mapOf : type.mapOf.name}>>`;
}
