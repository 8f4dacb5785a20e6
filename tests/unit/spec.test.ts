import { readFileSync } from "node:fs";
import path from "node:path";
import { createClient } from "../../provider/client";
import { operations } from "../../provider/reference/api";
import { generatedFiles } from "../../provider/schema/files";
import { renderPulumiSchema } from "../../provider/schema/pulumi-schema";
import {
  configuration,
  type Fields,
  functions,
  resultTypes,
  routeNames,
  serverResource,
  stream,
} from "../../provider/spec";
import { messages } from "../../provider/spec/messages";
import { ROOT } from "../../tools/root";

test("every route has its messages, a client method and an operation of the reference", () => {
  const client = createClient({
    accessToken: "x",
    endpoint: "http://127.0.0.1:1",
    maxRetries: 0,
    requestTimeoutMs: 1,
  });
  for (const table of [messages, operations, client])
    expect(Object.keys(table)).toEqual(expect.arrayContaining(routeNames));
});

test("every output of a server but the provider's own comes from the API's response", () => {
  const own = ["accountId", ...Object.keys(serverResource.inputs).filter((key) => key !== "name")];
  const fromApi = Object.keys(serverResource.outputs).filter((key) => !own.includes(key));
  expect(Object.keys(messages.getServer.response.shape)).toEqual(expect.arrayContaining(fromApi));
});

test("a stream's fields are those of the API's response", () => {
  expect(Object.keys(messages.getServer.response.shape.streams.def.element.shape).toSorted()).toEqual(
    Object.keys(stream.fields).toSorted(),
  );
});

test.each(Object.keys(generatedFiles))("%s is what the spec generates", async (name) => {
  expect(readFileSync(path.join(ROOT, name), "utf8")).toBe(await generatedFiles[name]?.());
});

test("the schema has every field of the spec, and says what is secret and what replaces", () => {
  const schema = JSON.parse(renderPulumiSchema());
  const resource = schema.resources[serverResource.token];
  const table = (fields: Fields, properties: Record<string, object>): [Fields, Record<string, object>] => [
    fields,
    properties,
  ];
  const tables: [Fields, Record<string, object>][] = [
    [serverResource.inputs, resource.inputProperties],
    [{ ...serverResource.inputs, ...serverResource.outputs }, resource.properties],
    [configuration, schema.config.variables],
    [configuration, schema.provider.inputProperties],
    ...Object.values(functions).flatMap(({ token, inputs, outputs }) => [
      table(inputs, schema.functions[token].inputs.properties),
      table(outputs, schema.functions[token].outputs.properties),
    ]),
    ...resultTypes.map(({ name, fields }) =>
      table(fields, schema.types[`postject:index:${name}`].properties),
    ),
  ];
  for (const [fields, properties] of tables) {
    const shown = Object.entries(fields).filter(([, field]) => !field.onlyDynamic);
    expect(Object.keys(properties).toSorted()).toEqual(shown.map(([key]) => key).toSorted());
    for (const [key, field] of shown) {
      expect({ key, ...properties[key] }).toMatchObject({
        key,
        description: field.description,
        ...(field.secret && { secret: true }),
        ...(field.replaces && { replaceOnChanges: true }),
      });
    }
  }
});
