import * as z from "zod/mini";
import { planNames } from "../spec";
import { type LiveStream, serverName } from "../spec/messages";
import { FIRST_ACCOUNT_ID, newAccount } from "./accounts";
import { newServer } from "./new-server";
import { type Content, copyServer, type Store, type StoredServer } from "./store";

/**
 * Any text that SQLite gives back as it was. Only the first rule is a pattern: other languages' regular expressions cannot
 * name half a surrogate pair.
 */
const text = z.string().check(
  z.regex(/^[^\x00]*$/, "must not contain NUL"),
  z.refine((value) => !/\p{Cs}/u.test(value), "must not contain half a surrogate pair"),
);
const id = text.check(z.minLength(1));

export const account = z.strictObject({
  id,
  plan: z.enum(planNames),
  serverLimit: z.optional(z.int().check(z.positive())),
});

/** What an account is made of; also what `POST /_reference/accounts` takes. */
export const accountOptions = z.strictObject({
  plan: z.optional(account.shape.plan),
  serverLimit: account.shape.serverLimit,
  id: z.optional(id),
});

export const storedStream = z.strictObject({
  id,
  name: text,
  slug: text,
  type: text,
  description: z.nullable(text),
  createdAt: text,
} satisfies Record<keyof LiveStream, z.ZodMiniType>);

export const storedServer = z.strictObject({
  accountId: id,
  id,
  name: text,
  token: id,
  createdAt: text,
  streams: z.array(storedStream),
} satisfies Record<keyof StoredServer, z.ZodMiniType>);

/** Raised when a snapshot of today could not be restored as it is. */
const SNAPSHOT_FORMAT = 1;

/** Everything a reference holds but its signing secret; see docs/reference-api.md. */
export const snapshot = z.strictObject({
  formatVersion: z.literal(SNAPSHOT_FORMAT),
  accounts: z.array(account),
  servers: z.array(storedServer),
});

/** What is to be there from the start: only names are needed. */
export const seed = z.strictObject({
  accounts: z.optional(
    z.array(
      z.strictObject({ id, plan: z.optional(account.shape.plan), serverLimit: account.shape.serverLimit }),
    ),
  ),
  servers: z.optional(
    z.array(
      z.strictObject({
        name: serverName,
        /** The first account unless given. */
        accountId: z.optional(id),
        id: z.optional(id),
        token: z.optional(id),
        createdAt: z.optional(z.iso.datetime()),
        streams: z.optional(
          z.array(
            z.strictObject({
              name: id,
              type: id,
              id: z.optional(id),
              slug: z.optional(id),
              description: z.optional(z.nullable(text)),
              createdAt: z.optional(z.iso.datetime()),
            }),
          ),
        ),
      }),
    ),
  ),
});

export type Snapshot = z.infer<typeof snapshot>;
export type Seed = z.infer<typeof seed>;

export function takeSnapshot(store: Store): Snapshot {
  return {
    formatVersion: SNAPSHOT_FORMAT,
    accounts: store.accounts().map((each) => ({ ...each })),
    servers: store.list().map(copyServer),
  };
}

export function fromSnapshot({ accounts, servers }: Snapshot): Content {
  return { accounts: accounts.map(newAccount), servers };
}

/** What a store holds once it is seeded: what it held, and the seed. An account that is there already is changed. */
export function withSeed(store: Store, { accounts = [], servers = [] }: Seed, now: number): Content {
  const all = [...store.accounts(), ...accounts.map(newAccount)];
  return {
    accounts: [...new Map(all.map((one) => [one.id, one])).values()],
    servers: [
      ...store.list(),
      ...servers.map(({ accountId = FIRST_ACCOUNT_ID, ...draft }) => newServer(accountId, draft, now)),
    ],
  };
}
