import * as z from "zod/mini";
import { en } from "zod/v4/locales";
import { planNames, routeNames } from "../spec";
import { messages, serverName, stream } from "../spec/messages";
import { RefusedError } from "./responses";
import type { AccountOptions } from "./types";

/**
 * Text that SQLite returns unchanged as a key. Only the first rule is a pattern: other languages' regular
 * expressions cannot express half a surrogate pair.
 */
const id = z.string().check(
  z.minLength(1),
  z.regex(/^[^\x00]*$/, "must not contain NUL"),
  z.refine((value) => !/\p{Cs}/u.test(value), "must not contain half a surrogate pair"),
);

const onlyScaleHasLimit = z.refine<AccountOptions>(
  ({ plan, serverLimit }) => serverLimit === undefined || plan === "scale",
  {
    path: ["serverLimit"],
    error: "only the plan scale has an agreed limit: set `plan` to it, or leave this out",
  },
);

const accountFields = { id, plan: z.enum(planNames), serverLimit: z.optional(z.int().check(z.positive())) };
const optionalAccountFields = z.partial(z.strictObject(accountFields)).shape;

export const account = z.strictObject(accountFields).check(onlyScaleHasLimit);

/** Also the body of `POST /_reference/accounts`. */
export const accountOptions = z.strictObject(optionalAccountFields).check(onlyScaleHasLimit);

const createdAt = z.iso.datetime();

export const storedStream = z.strictObject({ ...stream.shape, id, name: id, slug: id, type: id, createdAt });

export const storedServer = z.strictObject({
  accountId: id,
  id,
  ...messages.createServer.body.shape,
  token: id,
  createdAt,
  streams: z.array(storedStream),
});

export const snapshot = z.strictObject({
  formatVersion: z.literal(1),
  accounts: z.array(account),
  servers: z.array(storedServer),
});

const streamDraft = z.extend(z.partial(storedStream), { name: id, type: id });

const serverDraft = z.extend(z.partial(storedServer), {
  name: serverName,
  streams: z.optional(z.array(streamDraft)),
});

export const seed = z.strictObject({
  accounts: z.optional(z.array(z.strictObject({ ...optionalAccountFields, id }).check(onlyScaleHasLimit))),
  servers: z.optional(z.array(serverDraft)),
});

export const accessTokenOptions = z.strictObject({
  expiresInSeconds: z.optional(z.int()),
  wrongSignature: z.optional(z.boolean()),
  withoutSubject: z.optional(z.boolean()),
  claims: z.optional(z.record(z.string(), z.unknown())),
});

/** The longest wait of a timer; Node.js reduces anything above to 1 ms. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
const ms = z.int().check(z.nonnegative(), z.maximum(LONGEST_WAIT_MS));

/** What HTTP can carry; RFC 9110, 5.1 and 5.5. */
const headerName = z.string().check(z.regex(/^[\w!#$%&'*+.^`|~-]+$/));
const headerValue = z.string().check(z.regex(/^[\t\x20-\x7e\x80-\xff]*$/));

const faultOutcome = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("reset") }),
  z.strictObject({ kind: z.literal("hang") }),
  z.strictObject({ kind: z.literal("delay"), ms }),
  z.strictObject({ kind: z.literal("drip"), ms }),
  z.strictObject({ kind: z.literal("truncate") }),
  z.strictObject({
    kind: z.literal("response"),
    status: z.int().check(z.minimum(200), z.maximum(599)),
    body: z.optional(z.unknown()),
    headers: z.optional(z.record(headerName, headerValue)),
  }),
  z.strictObject({ kind: z.literal("huge"), bytes: z.int().check(z.positive()) }),
  z.strictObject({ kind: z.literal("stale") }),
]);

/** Also the body of `POST /_reference/faults`. */
export const faultRule = z.strictObject({
  route: z.optional(z.enum(routeNames)),
  skip: z.optional(z.int().check(z.nonnegative())),
  times: z.optional(z.int().check(z.positive())),
  commit: z.optional(z.boolean()),
  outcome: faultOutcome,
});

export const activeFault = z.extend(faultRule, {
  addedAt: z.string(),
  seen: z.int(),
});

export const loggedRequest = z.object({
  at: z.string(),
  method: z.string(),
  path: z.string(),
  route: z.optional(z.enum(routeNames)),
  accountId: z.optional(z.string()),
  userAgent: z.optional(z.string()),
  status: z.optional(z.int()),
  fault: z.optional(z.string()),
  elapsedMs: z.number(),
});

/** An additional host name for the control plane, such as a container's. */
export const controlHost = z
  .string()
  .check(z.regex(/^[\w.-]+$/, "must be a host name alone, without scheme and port"));

const { localeError } = en();

/** How many problems a refusal lists; a large seed may have one per server. */
const LISTED_PROBLEMS = 20;

/** Anything deeper could be read, but not be written again: that takes a stack frame per level. */
const MAXIMUM_DEPTH = 100;

/** Parses a value, or throws a RefusedError (400) that lists its problems; these call the value `name`. */
export function parse<Value>(schema: z.ZodMiniType<Value>, value: unknown, name: string): Value {
  if (isDeeperThan(MAXIMUM_DEPTH, value)) throw new RefusedError(400, `${name}: nested too deeply`);
  const parsed = schema.safeParse(value, { error: localeError });
  if (parsed.success) return parsed.data;
  throw new RefusedError(
    400,
    listProblems(parsed.error.issues.map(({ path, message }) => `${path.join(".") || name}: ${message}`)),
  );
}

/** Shortens a long list of problems. */
export function listProblems(problems: string[]): string[] {
  if (problems.length <= LISTED_PROBLEMS) return problems;
  return [...problems.slice(0, LISTED_PROBLEMS), `and ${problems.length - LISTED_PROBLEMS} more problems`];
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(levels - 1, part));
}
