import { randomBytes } from "node:crypto";
import type { StoredServer } from "./store";

/** The three streams every server starts with; servers-api.txt. */
const DEFAULT_STREAMS = [
  {
    name: "Transactional",
    type: "transactional",
    description: "Password resets, receipts, and account notifications",
  },
  { name: "Broadcast", type: "broadcast", description: "Marketing campaigns and newsletters" },
  { name: "Inbound", type: "inbound", description: "Incoming email processing" },
] as const;

/** What may be said of a server that is made; the rest is filled in as Postject does. */
export interface ServerDraft {
  readonly name: string;
  readonly id?: string | undefined;
  readonly token?: string | undefined;
  readonly createdAt?: string | undefined;
  /** The three that every server starts with unless given. */
  readonly streams?: readonly StreamDraft[] | undefined;
}

interface StreamDraft {
  readonly name: string;
  readonly type: string;
  readonly id?: string | undefined;
  /** The name in lower case, with dashes, unless given. */
  readonly slug?: string | undefined;
  readonly description?: string | null | undefined;
  readonly createdAt?: string | undefined;
}

/** `now`: when it is made, unless the draft says so. */
export function newServer(accountId: string, draft: ServerDraft, now = Date.now()): StoredServer {
  const createdAt = draft.createdAt ?? new Date(now).toISOString();
  return {
    accountId,
    id: draft.id ?? newId(now),
    name: draft.name,
    token: draft.token ?? `pt_live_${randomBytes(16).toString("hex")}`,
    createdAt,
    streams: (draft.streams ?? DEFAULT_STREAMS).map((stream: StreamDraft) => ({
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

/** An id in the shape of the contract's: `c`, time, counter and chance in base 36, 25 characters. */
function newId(now: number): string {
  counter = (counter + 1) % 36 ** 4;
  const chance = BigInt(`0x${randomBytes(10).toString("hex")}`)
    .toString(36)
    .padStart(16, "0");
  return `c${now.toString(36)}${counter.toString(36).padStart(4, "0")}${chance}`.slice(0, 25);
}
