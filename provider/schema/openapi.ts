import { STATUS_CODES } from "node:http";
import * as z from "zod/mini";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from "zod-openapi";
import { type ControlRoute, controlRoutes } from "../reference/control-routes";
import { refuse } from "../reference/responses";
import {
  account,
  activeFault,
  faultRule,
  seed,
  snapshot,
  storedServer,
  storedStream,
} from "../reference/shapes";
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
import { controlExamples } from "./control-examples";

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

/** A refusal in the API's error shape. */
const refusal = (
  status: number,
  id: string,
  description: string,
  message: string | string[],
): ZodOpenApiResponseObject => ({
  id,
  description,
  content: { "application/json": { schema: errorBody, example: refuse(status, message).body } },
});

const refusals: Readonly<Record<string, ZodOpenApiResponseObject>> = {
  400: refusal(400, "BadRequest", "The request is invalid; the message lists its problems.", [
    "name must not be empty or blank",
  ]),
  401: refusal(
    401,
    "Unauthorized",
    "The access token is missing, expired or invalid.",
    "The access token has expired",
  ),
  403: refusal(
    403,
    "Forbidden",
    "The account may not do this, or its plan's limit is reached.",
    "Plan limit reached: the Starter plan allows 3, the account has 3",
  ),
  404: refusal(
    404,
    "NotFound",
    "It does not exist, or it belongs to another account.",
    "Server clx8f2k9a0001uy7z3g4h5j6k not found",
  ),
  409: refusal(409, "Conflict", "The id is already taken.", "Account acct_staging already exists"),
  413: refusal(413, "TooLarge", "The body is too large.", "The body is too large"),
  415: refusal(
    415,
    "NotJson",
    "The body is not JSON.",
    "The body must be JSON: send `Content-Type: application/json`",
  ),
  default: refusal(
    405,
    "Refusal",
    "Refused before it reaches a route: 405, or, without a body, 400, 408, 417 or 431.",
    "Cannot PUT /v1/servers",
  ),
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
  for (const name of Object.keys(controlRoutes) as (keyof typeof controlRoutes)[]) {
    const route: ControlRoute = controlRoutes[name];
    const example = controlExamples[name];
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
      ...(body && {
        requestBody: {
          required: true,
          content: { "application/json": { schema: body, example: example.body } },
        },
      }),
      responses: {
        [status]: {
          description: STATUS_CODES[status] ?? "",
          ...(response && {
            content: { "application/json": { schema: response, example: example.response } },
          }),
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
