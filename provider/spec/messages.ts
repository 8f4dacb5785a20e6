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

/** What is sent and what is answered, per route. Objects drop unknown keys when read; the reference reads bodies strictly. */
export const messages = {
  createServer: {
    body: z.object({ name: serverName }),
    /** The page shows bare streams here; an API that already gives the full ones saves the client a GET. */
    answer: z.extend(bareServer, { streams: z.array(z.union([stream, bareStream])) }),
  },
  listServers: {
    body: undefined,
    answer: z.array(z.extend(bareServer, { _count: z.object({ streams: z.int() }) })),
  },
  getServer: { body: undefined, answer: liveServer },
  deleteServer: { body: undefined, answer: z.object({ message: z.string(), id: z.string() }) },
} as const satisfies Readonly<Record<RouteName, { body: z.ZodMiniType | undefined; answer: z.ZodMiniType }>>;

/** `error` is the status phrase; validation answers carry an array of messages. */
export const errorBody = z.object({
  statusCode: z.int(),
  message: z.union([z.string(), z.array(z.string())]),
  error: z.optional(z.string()),
});

export type CreatedServer = z.infer<(typeof messages)["createServer"]["answer"]>;
export type ListedServer = z.infer<(typeof messages)["listServers"]["answer"]>[number];
export type LiveServer = z.infer<typeof liveServer>;
export type DeletedServer = z.infer<(typeof messages)["deleteServer"]["answer"]>;
export type LiveStream = LiveServer["streams"][number];
