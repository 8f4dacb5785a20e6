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

const EXAMPLE = `{{% examples %}}
## Example Usage
{{% example %}}
### A server and its token

\`\`\`yaml
resources:
  app:
    type: postject:Server
    properties:
      name: Production App
outputs:
  token: \${app.token}
\`\`\`
{{% /example %}}
{{% /examples %}}

## Import

\`\`\`sh
pulumi import ${serverResource.token} app clx8f2k9a0001uy7z3g4h5j6k
\`\`\`
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
    repository: "https://github.com/pulumi-postject/pulumi-postject",
    publisher: "pulumi-postject",
    meta: { moduleFormat: "(.*)(?:/[^/]*)" },
    language: {
      nodejs: { packageName: "pulumi-postject-sdk", respectSchemaVersion: true },
      python: { packageName: "pulumi_postject", respectSchemaVersion: true, pyproject: { enabled: true } },
      go: {
        importBasePath: "github.com/pulumi-postject/pulumi-postject/sdk/go/postject",
        respectSchemaVersion: true,
      },
      csharp: { respectSchemaVersion: true },
      java: {},
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
        description: `${serverResource.description}\n\n${EXAMPLE}`,
        inputProperties: describe(serverResource.inputs).properties,
        properties: outputs,
        required,
        // A stack that moves from the dynamic form keeps its servers.
        aliases: [{ type: serverResource.dynamicType }],
        listInputs: { properties: describe(functions.getServers.inputs).properties },
      },
      [environmentResource.token]: {
        description: environmentResource.description,
        isComponent: true,
        inputProperties: describe(environmentResource.inputs).properties,
        requiredInputs: describe(environmentResource.inputs).required,
        ...describe(environmentResource.outputs),
      },
    },
    functions: Object.fromEntries(
      Object.values(functions).map(({ token, description, inputs, outputs: result }) => [
        token,
        { description, inputs: describe(inputs), outputs: describe(result) },
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

function toProperty(field: Field & { env?: string; envWins?: true }): object {
  // Where the variable speaks for one run it must not become a property that the state keeps.
  const defaultInfo = field.env === undefined || field.envWins ? undefined : { environment: [field.env] };
  return {
    ...toType(field.type),
    description: field.description,
    ...(field.plain && { plain: true }),
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
