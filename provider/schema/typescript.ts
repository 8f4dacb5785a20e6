import {
  environmentResource,
  type Field,
  type Fields,
  functions,
  objects,
  serverResource,
  serverTemplate,
} from "../spec";

/** Source text of `sdk/types.ts`: what TypeScript programs see, with the spec's descriptions as docstrings. */
export function renderTypes(): string {
  const objectTypes = Object.entries(objects).map(([name, fields]) => renderInterface(name, fields, plain));
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
    renderInterface("ServerTemplate", serverTemplate, input),
    renderInterface("EnvironmentArgs<Key extends string = string>", environmentResource.inputs, input),
    "/** A resource with the outputs of a Server. */",
    "export interface ServerProperties extends pulumi.CustomResource {",
    ...renderFields(serverResource.outputs, (key, field) => {
      const type = field.optional ? `${field.type} | undefined` : field.type;
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
  const map = /^Map<(\w+)>$/.exec(field.type)?.[1];
  const type = map === undefined ? field.type : `Readonly<Record<Key, ${map}>>`;
  return field.plain ? type : `pulumi.Input<${type}>`;
}

/** A result that a promise gives is plain; what is secret in it stays wrapped. */
function plain(field: Field): string {
  const type = field.type === "integer" ? "number" : field.type;
  return field.secret ? `pulumi.Output<${type}>` : type;
}
