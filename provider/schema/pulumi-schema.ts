import {
  configuration,
  environmentResource,
  type Field,
  type Fields,
  type FieldType,
  functions,
  type ObjectType,
  objectTypes,
  PACKAGE_NAME,
  serverResource,
  VERSION,
  withoutOnlyDynamic,
} from "../spec";
import { examples, NODE_SDK, renderForSchema } from "./examples";
import { PLUGIN_DOWNLOAD_URL, REPOSITORY } from "./registry";

const IMPORT = `## Import

\`\`\`sh
pulumi import ${serverResource.token} app clx8f2k9a0001uy7z3g4h5j6k
\`\`\`
`;

/** What npm and PyPI show of the SDKs. */
const README = `# Postject for Pulumi

[Postject](https://postject.com) email servers as Pulumi resources. This is the SDK of the provider's plugin, which Pulumi downloads
by itself and which needs Node.js on \`PATH\`. Examples, configuration and everything else is at
[github.com/${REPOSITORY}](https://github.com/${REPOSITORY}).

Programs in TypeScript and JavaScript can do without the plugin: the package \`pulumi-postject\` manages servers by itself.
`;

/** The package's Pulumi schema: what the engine and the SDK generators of all languages know of it. */
export function renderPulumiSchema(): string {
  const properties = describe(configuration);
  const { properties: outputs, required } = describe({ ...serverResource.inputs, ...serverResource.outputs });
  const schema = {
    name: PACKAGE_NAME,
    displayName: "Postject",
    version: VERSION,
    description: "Postject email servers as Pulumi resources.",
    keywords: ["pulumi", "postject", "email", "category/infrastructure", "kind/native"],
    homepage: "https://postject.com",
    license: "Apache-2.0",
    repository: `https://github.com/${REPOSITORY}`,
    pluginDownloadURL: PLUGIN_DOWNLOAD_URL,
    logoUrl: `https://raw.githubusercontent.com/${REPOSITORY}/main/docs/logo.png`,
    publisher: "pulumi-postject",
    // `supportPack` puts the version into all SDKs but those that ask for it below, and a go.mod into Go's.
    meta: { moduleFormat: "(.*)(?:/[^/]*)", supportPack: true },
    language: {
      nodejs: { packageName: NODE_SDK, readme: README },
      // As Pulumi's own Python package.
      python: {
        packageName: "pulumi_postject",
        pyproject: { enabled: true },
        pythonRequires: ">=3.10",
        readme: README,
      },
      go: { importBasePath: `github.com/${REPOSITORY}/sdk/go/postject`, respectSchemaVersion: true },
      csharp: { respectSchemaVersion: true },
      java: { buildFiles: "gradle" },
    },
    config: { variables: properties.properties },
    provider: {
      description: "The connection to one Postject account.",
      inputProperties: properties.properties,
    },
    types: Object.fromEntries(
      objectTypes.map(({ name, fields }) => [
        `${PACKAGE_NAME}:index:${name}`,
        { type: "object", ...describe(fields) },
      ]),
    ),
    resources: {
      [serverResource.token]: {
        description: [
          serverResource.description,
          renderForSchema([examples.server, examples.get]),
          IMPORT,
        ].join("\n\n"),
        inputProperties: describe(serverResource.inputs).properties,
        properties: outputs,
        required,
        // A stack that moves from the dynamic form keeps its servers.
        aliases: [{ type: serverResource.dynamicType }],
        listInputs: { properties: describe(functions.getServers.inputs).properties },
      },
      [environmentResource.token]: {
        description: `${environmentResource.description}\n\n${renderForSchema([examples.environment])}`,
        isComponent: true,
        inputProperties: describe(environmentResource.inputs).properties,
        requiredInputs: describe(environmentResource.inputs).required,
        ...describe(environmentResource.outputs),
      },
    },
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, { token, description, inputs, outputs: result }]) => [
        token,
        {
          description: `${description}\n\n${renderForSchema([examples[name as keyof typeof functions]])}`,
          inputs: describe(inputs),
          outputs: describe(result),
        },
      ]),
    ),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Fields as an object type of the schema; what only the dynamic form has is left out. */
function describe(fields: Fields): { properties: Record<string, object>; required: string[] } {
  const shown = Object.entries(withoutOnlyDynamic(fields));
  return {
    properties: Object.fromEntries(shown.map(([key, field]) => [key, toProperty(field)])),
    required: shown.filter(([, field]) => !field.optional).map(([key]) => key),
  };
}

/**
 * What a field must be known for is checked at run time alone (`plain`): of a plain map, `pulumi convert`
 * makes Go that does not compile.
 */
function toProperty(field: Field & { env?: string; envWins?: true }): object {
  // Where the variable speaks for one run it must not become a property that the state keeps.
  const defaultInfo = field.env === undefined || field.envWins ? undefined : { environment: [field.env] };
  return {
    ...toType(field.type),
    description: field.description,
    ...(field.secret && { secret: true }),
    ...(field.replaces && { replaceOnChanges: true }),
    ...(defaultInfo && { defaultInfo }),
  };
}

function toType(type: FieldType): object {
  if (typeof type === "string") return { type };
  if ("listOf" in type) return { type: "array", items: toReference(type.listOf) };
  const { mapOf } = type;
  return {
    type: "object",
    additionalProperties: typeof mapOf === "string" ? { type: mapOf } : toReference(mapOf),
  };
}

function toReference({ name }: ObjectType): object {
  return { $ref: `#/types/${PACKAGE_NAME}:index:${name}` };
}
