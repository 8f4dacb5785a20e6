import * as z from "zod/mini";
import type { RouteName } from "./routes";
import { nameRules } from "./server";

// Kept apart from the other tables because it loads zod: only code that talks HTTP imports it.

const bareStream = z.object({ id: z.string(), name: z.string(), type: z.string() });

export const stream = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  type: z.string(),
  description: z.nullable(z.string()),
  createdAt: z.string(),
});

const bareServer = z.object({
  id: z.string().check(z.minLength(1)),
  name: z.string(),
  token: z.string().check(z.minLength(1)),
  createdAt: z.string(),
});

/** A refinement is checked like any other rule and, unlike a pattern, left out of the OpenAPI document. */
export const serverName = z
  .string()
  .check(
    ...nameRules.map(({ pattern, problem }) =>
      pattern.unicode ? z.refine<string>((name) => pattern.test(name), problem) : z.regex(pattern, problem),
    ),
  );

const liveServer = z.extend(bareServer, { streams: z.array(stream) });

/**
 * What the contract documents, per route: request body and response. The reference sends exactly this and reads bodies
 * strictly; the client reads `readResponses`.
 */
export const messages = {
  createServer: {
    body: z.object({ name: serverName }),
    /** The contract shows bare streams here; an API may send whole ones as well. */
    response: z.extend(bareServer, { streams: z.array(z.union([stream, bareStream])) }),
  },
  listServers: {
    body: undefined,
    response: z.array(z.extend(bareServer, { _count: z.object({ streams: z.int() }) })),
  },
  getServer: { body: undefined, response: liveServer },
  deleteServer: { body: undefined, response: z.object({ message: z.string(), id: z.string() }) },
} as const satisfies Readonly<
  Record<RouteName, { body: z.ZodMiniType | undefined; response: z.ZodMiniType }>
>;

/** A property that is used where it is there; anything unreadable counts as absent. */
const optionalString = z.catch(z.optional(z.string().check(z.minLength(1))), undefined);

const streamResponse = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  slug: z.optional(z.string()),
  description: z.optional(z.nullable(z.string())),
  createdAt: z.optional(z.string()),
});

const serverResponse = z.extend(bareServer, { streams: z.array(streamResponse) });

/**
 * What the client reads, per route. Only what every caller needs is required, so that a field which the API drops or adds
 * breaks nothing. A list entry is taken by its id and name; whoever needs more of it decides what a gap means.
 */
export const readResponses = {
  createServer: serverResponse,
  listServers: z.array(
    z.object({
      id: bareServer.shape.id,
      name: z.string(),
      token: optionalString,
      createdAt: optionalString,
    }),
  ),
  getServer: serverResponse,
  deleteServer: z.object({ id: z.string() }),
} as const satisfies Readonly<Record<RouteName, z.ZodMiniType>>;

export type ServerResponse = z.infer<typeof serverResponse>;
export type StreamResponse = z.infer<typeof streamResponse>;
export type ServerListItem = z.infer<(typeof readResponses)["listServers"]>[number];
export type DeleteResponse = z.infer<(typeof readResponses)["deleteServer"]>;

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
export type LiveStream = LiveServer["streams"][number];
