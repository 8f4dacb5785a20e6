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
  const { id = newId(), createdAt = new Date(now).toISOString(), ...given } = draft;
  const { token = `pt_live_${randomBytes(16).toString("hex")}`, streams = DEFAULT_STREAMS, ...sent } = given;
  return {
    accountId,
    id,
    ...sent,
    token,
    createdAt,
    streams: streams.map((stream) => ({
      id: stream.id ?? newId(),
      name: stream.name,
      slug: stream.slug ?? stream.name.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
      type: stream.type,
      description: stream.description ?? null,
      createdAt: stream.createdAt ?? createdAt,
    })),
  };
}

/** An id in the contract's format: `c` and 24 random characters in base 36. */
function newId(): string {
  return `c${Array.from(randomBytes(24), (byte) => (byte % 36).toString(36)).join("")}`;
}
