import { randomBytes } from "node:crypto";
import type { Account, AccountOptions, ServerDraft, StoredServer, StreamDraft } from "./types";

/** The first account. Its id is fixed, so that an access token also works after a snapshot is restored. */
export const FIRST_ACCOUNT_ID = "acct_reference";

export function newAccount({ plan = "professional", serverLimit, id }: AccountOptions = {}): Account {
  return { id: id ?? `acct_${randomBytes(8).toString("hex")}`, plan, serverLimit };
}

/** The three streams every server starts with; servers-api.txt. */
const DEFAULT_STREAMS: readonly StreamDraft[] = [
  {
    name: "Transactional",
    type: "transactional",
    description: "Password resets, receipts, and account notifications",
  },
  { name: "Broadcast", type: "broadcast", description: "Marketing campaigns and newsletters" },
  { name: "Inbound", type: "inbound", description: "Incoming email processing" },
];

/** Fills in whatever a draft leaves out. `now` is the time of creation unless the draft has one. */
export function newServer(accountId: string, draft: ServerDraft, now = Date.now()): StoredServer {
  const { id = newId(now), name, createdAt = new Date(now).toISOString() } = draft;
  const { token = `pt_live_${randomBytes(16).toString("hex")}`, streams = DEFAULT_STREAMS } = draft;
  return {
    accountId,
    id,
    name,
    token,
    createdAt,
    streams: streams.map((stream) => ({
      id: stream.id ?? newId(now),
      name: stream.name,
      slug: stream.slug ?? stream.name.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
      type: stream.type,
      description: stream.description ?? null,
      createdAt: stream.createdAt ?? createdAt,
    })),
  };
}

let counter = 0;

/** An id in the contract's format: `c`, then time, counter and random characters in base 36, 25 characters in all. */
function newId(now: number): string {
  counter = (counter + 1) % 36 ** 4;
  const random = BigInt(`0x${randomBytes(10).toString("hex")}`)
    .toString(36)
    .padStart(16, "0");
  return `c${now.toString(36)}${counter.toString(36).padStart(4, "0")}${random}`.slice(0, 25);
}
