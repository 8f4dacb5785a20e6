import { STATUS_CODES } from "node:http";
import * as z from "zod/mini";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from "zod-openapi";
import { controlRoutes } from "../reference/control-routes";
import { activeFault, faultRule } from "../reference/faults";
import { account, seed, snapshot, storedServer, storedStream } from "../reference/shapes";
import {
  type Fields,
  type Route,
  routeNames,
  routes,
  serverResource,
  serverSummary,
  stream as streamType,
  VERSION,
} from "../spec";
import { examples } from "../spec/examples";
import { errorBody, messages, stream } from "../spec/messages";

/** The schemas that the document names; all others stand where they are used. */
const named = {
  Server: messages.getServer.response,
  CreatedServer: messages.createServer.response,
  ListedServer: messages.listServers.response.def.element,
  DeletedServer: messages.deleteServer.response,
  Stream: stream,
  Error: errorBody,
  Account: account,
  StoredServer: storedServer,
  Seed: seed,
  Snapshot: snapshot,
  Fault: faultRule,
  ActiveFault: activeFault,
} as const;

/** The reference rejects anything in a body that the contract does not name. */
const bodies = { ...messages, createServer: { body: z.strictObject(messages.createServer.body.shape) } };

/** The spec's descriptions of what an object's properties are. */
const described = new Map<unknown, Fields>([
  [named.Server, { ...serverSummary.fields, ...serverResource.outputs }],
  [named.CreatedServer, { ...serverSummary.fields, ...serverResource.outputs }],
  [named.ListedServer, serverSummary.fields],
  [named.StoredServer, { ...serverSummary.fields, ...serverResource.outputs }],
  [storedStream, streamType.fields],
  [named.Stream, streamType.fields],
  [bodies.createServer.body, serverSummary.fields],
]);

const summaries = {
  createServer: "Create a server",
  listServers: "List all servers",
  getServer: "Get a server",
  deleteServer: "Delete a server",
} as const satisfies Readonly<Record<keyof typeof routes, string>>;

const content = { "application/json": { schema: errorBody } };

/** Every refusal, in the API's error shape, by its status. */
const refusals: Readonly<Record<string, ZodOpenApiResponseObject>> = {
  400: {
    id: "BadRequest",
    description: "The request is invalid; the message lists every problem.",
    content,
  },
  401: { id: "Unauthorized", description: "The access token is missing, expired or invalid.", content },
  403: {
    id: "Forbidden",
    description: "The account may not do this, or its plan's limit is reached.",
    content,
  },
  404: { id: "NotFound", description: "It does not exist, or it belongs to another account.", content },
  409: { id: "Conflict", description: "The id is already taken.", content },
  413: { id: "TooLarge", description: "The body is too large.", content },
  415: { id: "NotJson", description: "The body is not JSON.", content },
  default: { id: "Refusal", description: "Refused at the level of HTTP: 405, 408, 417, 431.", content },
};

/** The OpenAPI document of the reference: the API's routes and the control plane's. */
export function renderOpenApi(): string {
  for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
  const document = createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "Postject reference API",
        version: VERSION,
        description:
          "The Servers API of Postject as pulumi-postject's reference implements it, and the reference's own control plane.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/", description: "The reference that serves this document" }],
      tags: [
        { name: "Servers", description: "What Postject documents." },
        {
          name: "Control plane",
          description: "How tests control the reference; Postject itself has nothing like it.",
        },
      ],
      components: {
        securitySchemes: {
          accessToken: {
            type: "http",
            scheme: "bearer",
            bearerFormat: "JWT",
            description: "The account's access token.",
          },
        },
      },
      paths: collectPaths(),
    },
    { override: ({ jsonSchema, zodSchema }) => describe(jsonSchema.properties, described.get(zodSchema)) },
  );
  return `${JSON.stringify(document, null, 2)}\n`;
}

function describe(properties: object = {}, fields: Fields = {}): void {
  for (const [key, property] of Object.entries(properties))
    if (fields[key] !== undefined) property.description = fields[key].description;
}

function collectPaths(): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  const add = (method: string, path: string, operation: ZodOpenApiOperationObject) => {
    const key = path.replace(":id", "{id}");
    paths[key] = { ...paths[key], [method.toLowerCase()]: operation };
  };
  for (const name of routeNames) {
    const { method, path, success }: Route = routes[name];
    const { response } = messages[name];
    const { body } = bodies[name];
    const example = examples[name];
    add(method, path, {
      operationId: name,
      tags: ["Servers"],
      summary: summaries[name],
      security: [{ accessToken: [] }],
      ...(path.includes(":id") && { requestParams: { path: z.object({ id: z.string() }) } }),
      ...(body && {
        requestBody: {
          required: true,
          content: { "application/json": { schema: body, example: example.body } },
        },
      }),
      responses: {
        [success[0]]: {
          description: STATUS_CODES[success[0]] ?? "",
          content: { "application/json": { schema: response, example: example.response } },
        },
        ...refusalsOf([401, ...(body ? [400, 403, 413, 415] : []), ...(path.includes(":id") ? [404] : [])]),
      },
    });
  }
  for (const [name, route] of Object.entries(controlRoutes)) {
    const { method, path, status, description, body, query, response } = route;
    const params = {
      ...(path.includes(":id") && { path: z.object({ id: z.string() }) }),
      ...(query && { query }),
    };
    add(method, path, {
      operationId: name,
      tags: ["Control plane"],
      summary: description,
      security: [],
      ...(Object.keys(params).length > 0 && { requestParams: params }),
      ...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
      responses: {
        [status]: {
          description: STATUS_CODES[status] ?? "",
          ...(response && { content: { "application/json": { schema: response } } }),
        },
        ...refusalsOf([403, ...(body || query ? [400] : []), ...(body ? [404, 409, 413, 415] : [])]),
      },
    });
  }
  return paths;
}

function refusalsOf(statuses: readonly number[]): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(
    [...statuses, "default"].flatMap((status) => {
      const refusal = refusals[status];
      return refusal === undefined ? [] : [[status, refusal]];
    }),
  );
}
