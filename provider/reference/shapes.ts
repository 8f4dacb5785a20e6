import * as z from "zod/mini";
import { planNames } from "../spec";
import { serverName, stream } from "../spec/messages";
import type { Account, AccountOptions, Seed, Snapshot } from "./types";

/**
 * Text that SQLite returns unchanged as a key. Only the first rule is a pattern: other languages' regular expressions cannot
 * express half a surrogate pair.
 */
const id = z.string().check(
  z.minLength(1),
  z.regex(/^[^\x00]*$/, "must not contain NUL"),
  z.refine((value) => !/\p{Cs}/u.test(value), "must not contain half a surrogate pair"),
);
const text = z.string();

export const account = z.strictObject({
  id,
  plan: z.enum(planNames),
  serverLimit: z.optional(z.int().check(z.positive())),
}) satisfies z.ZodMiniType<Account>;

/** Also the body of `POST /_reference/accounts`. */
export const accountOptions = z.partial(account) satisfies z.ZodMiniType<AccountOptions>;

export const storedStream = z.strictObject(stream.shape);

export const storedServer = z.strictObject({
  accountId: id,
  id,
  name: text,
  token: id,
  createdAt: text,
  streams: z.array(storedStream),
});

export const snapshot = z.strictObject({
  formatVersion: z.literal(1),
  accounts: z.array(account),
  servers: z.array(storedServer),
}) satisfies z.ZodMiniType<Snapshot>;

const streamDraft = z.strictObject({
  name: id,
  type: id,
  id: z.optional(id),
  slug: z.optional(id),
  description: z.optional(z.nullable(text)),
  createdAt: z.optional(z.iso.datetime()),
});

const serverDraft = z.strictObject({
  name: serverName,
  accountId: z.optional(id),
  id: z.optional(id),
  token: z.optional(id),
  createdAt: z.optional(z.iso.datetime()),
  streams: z.optional(z.array(streamDraft)),
});

export const seed = z.strictObject({
  accounts: z.optional(z.array(z.strictObject({ ...accountOptions.shape, id }))),
  servers: z.optional(z.array(serverDraft)),
}) satisfies z.ZodMiniType<Seed>;
