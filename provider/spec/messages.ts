import * as z from "zod/mini";
import type { Field, Fields, Rule } from "./fields";
import type { RouteName, routes } from "./routes";
import { sentFields, serverSummary, stream as streamObject, streamSummary } from "./server";

// Kept apart from the other tables because it loads zod: only code that talks HTTP imports it.

/** The schema of a field; scalars are all that a server itself has. */
type SchemaOf<F extends Field> = F["type"] extends "string"
  ? z.ZodMiniString
  : F["type"] extends "boolean"
    ? z.ZodMiniBoolean
    : z.ZodMiniNumberFormat;

type Shape<F extends Fields> = {
  [Key in keyof F]: F[Key] extends { optional: true }
    ? z.ZodMiniOptional<SchemaOf<F[Key]>>
    : SchemaOf<F[Key]>;
};

/** An object with the fields' properties; `schemaOf` makes the schema of one. */
function objectOf<F extends Fields>(
  fields: F,
  schemaOf: (field: Field) => z.ZodMiniType,
): z.ZodMiniObject<Shape<F>> {
  const shape = Object.entries(fields).map(([key, field]) => {
    const schema = schemaOf(field);
    return [key, field.optional ? z.optional(schema) : schema];
  });
  return z.object(Object.fromEntries(shape) as Shape<F>);
}

/** A property of a request, which has to follow the field's rules. */
function toRequestSchema({ type, oneOf, minimum, rules = [] }: Field): z.ZodMiniType {
  if (type === "boolean") return z.boolean();
  if (oneOf !== undefined) return z.enum(oneOf);
  if (type === "integer") return minimum === undefined ? z.int() : z.int().check(z.gte(minimum));
  return z.string().check(...rules.map(toCheck));
}

/** A refinement is checked like any other rule and, unlike a pattern, left out of the OpenAPI document. */
function toCheck({ pattern, problem }: Rule) {
  return pattern.unicode
    ? z.refine<string>((text) => pattern.test(text), problem)
    : z.regex(pattern, problem);
}

/** A property of a response: what the API accepted earlier need not follow today's rules. */
function toResponseSchema({ type }: Field): z.ZodMiniType {
  if (type === "boolean") return z.boolean();
  return type === "integer" ? z.int() : z.string();
}

const bareStream = objectOf(streamSummary.fields, toResponseSchema);

export const stream = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  type: z.string(),
  description: z.nullable(z.string()),
  createdAt: z.string(),
});

const nonEmpty = z.string().check(z.minLength(1));

const server = z.extend(objectOf(serverSummary.fields, toResponseSchema), { id: nonEmpty, token: nonEmpty });

const liveServer = z.extend(server, { streams: z.array(stream) });

/**
 * What the contract documents, per route: request body and response. The reference sends exactly this and
 * reads bodies strictly; the client reads `readResponses`.
 */
export const messages = {
  createServer: {
    body: objectOf(sentFields, toRequestSchema),
    /** The contract shows bare streams here; an API may send whole ones as well. */
    response: z.extend(server, { streams: z.array(z.union([stream, bareStream])) }),
  },
  listServers: {
    body: undefined,
    response: z.array(z.extend(server, { _count: z.object({ streams: z.int() }) })),
  },
  getServer: { body: undefined, response: liveServer },
  deleteServer: { body: undefined, response: z.object({ message: z.string(), id: z.string() }) },
} as const satisfies Readonly<
  Record<RouteName, { body: z.ZodMiniType | undefined; response: z.ZodMiniType }>
>;

export const serverName = messages.createServer.body.shape.name;

/** A stream as far as the API shows it; the contract's responses differ in that. */
const streamResponse = z.extend(objectOf(streamObject.fields, toResponseSchema), {
  description: z.optional(z.nullable(z.string())),
});

const serverResponse = z.extend(server, { streams: z.array(streamResponse) });

/** The same properties, but one that is missing or unreadable counts as absent. */
function tolerant<S extends z.core.$ZodShape>(shape: S) {
  const schemas = Object.entries(shape).map(([key, schema]) => [key, z.catch(z.optional(schema), undefined)]);
  return Object.fromEntries(schemas) as { [Key in keyof S]: z.ZodMiniCatch<z.ZodMiniOptional<S[Key]>> };
}

/** A server in a list is taken by its id and name; whoever needs more of it decides what a gap means. */
const listItem = z.object({ ...tolerant(server.shape), id: server.shape.id, name: z.string() });

/**
 * What the client reads, per route. Only what every caller needs is required, so that a field which the API
 * drops or adds breaks nothing. Each server is listed once, even if a page that shifted while the API read it
 * shows one twice.
 */
export const readResponses = {
  createServer: serverResponse,
  listServers: z.pipe(
    z.array(listItem),
    z.transform((servers) => [...new Map(servers.map((one) => [one.id, one])).values()]),
  ),
  getServer: serverResponse,
  deleteServer: z.object({ id: z.string() }),
} as const satisfies Readonly<Record<RouteName, z.ZodMiniType>>;

/** The arguments of a route's method before the deadline: the id that its path names, and the body. */
export type RequestOf<Name extends RouteName> = [
  ...((typeof routes)[Name]["path"] extends `${string}:id` ? [id: string] : []),
  ...((typeof messages)[Name]["body"] extends z.ZodMiniType
    ? [body: z.infer<(typeof messages)[Name]["body"]>]
    : []),
];

export type ResponseOf<Name extends RouteName> = z.infer<(typeof readResponses)[Name]>;

/** A server in the list, as far as it could be read. */
export type ServerListItem = ResponseOf<"listServers">[number];

/** `error` is the status phrase; validation errors carry an array of messages. */
export const errorBody = z.object({
  statusCode: z.int(),
  message: z.union([z.string(), z.array(z.string())]),
  error: z.optional(z.string()),
});

export type CreatedServer = z.infer<(typeof messages)["createServer"]["response"]>;
export type ListedServer = z.infer<(typeof messages)["listServers"]["response"]>[number];
export type LiveServer = z.infer<typeof liveServer>;
export type DeletedServer = z.infer<(typeof messages)["deleteServer"]["response"]>;
