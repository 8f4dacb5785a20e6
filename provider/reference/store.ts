import { randomBytes } from "node:crypto";
import type { LiveServer } from "../spec/messages";

/** A server as the reference keeps it: what GET answers, and whose it is. */
export interface StoredServer extends LiveServer {
  readonly accountId: string;
}

export interface Store {
  add(accountId: string, name: string): StoredServer;
  /** An account's servers in the order they were made; of all accounts without one. */
  list(accountId?: string): StoredServer[];
  /** Another account's server is as unknown as one that never was. */
  get(accountId: string, id: string): StoredServer | undefined;
  delete(accountId: string, id: string): boolean;
  /** The API cannot do this: it is what somebody at Postject might do by hand. */
  rename(id: string, name: string): void;
  clear(): void;
}

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

/** Keeps servers in memory. */
export function createStore(): Store {
  const servers = new Map<string, StoredServer>();
  const newId = createIdSource();
  return {
    add(accountId, name) {
      const createdAt = new Date().toISOString();
      const server: StoredServer = {
        accountId,
        id: newId(),
        name,
        token: `pt_live_${randomBytes(16).toString("hex")}`,
        createdAt,
        streams: DEFAULT_STREAMS.map((stream) => ({ id: newId(), ...stream, slug: stream.type, createdAt })),
      };
      servers.set(server.id, server);
      return server;
    },
    list: (accountId) =>
      [...servers.values()].filter((server) => accountId === undefined || server.accountId === accountId),
    get(accountId, id) {
      const server = servers.get(id);
      return server?.accountId === accountId ? server : undefined;
    },
    delete(accountId, id) {
      return servers.get(id)?.accountId === accountId && servers.delete(id);
    },
    rename(id, name) {
      const server = servers.get(id);
      if (server === undefined) throw new Error(`There is no server ${id}`);
      servers.set(id, { ...server, name });
    },
    clear: () => servers.clear(),
  };
}

/** Ids in the shape of the contract's: `c`, time, counter and chance in base 36, 25 characters. */
function createIdSource(): () => string {
  let counter = 0;
  return () => {
    counter = (counter + 1) % 36 ** 4;
    const chance = BigInt(`0x${randomBytes(10).toString("hex")}`).toString(36);
    return `c${Date.now().toString(36)}${counter.toString(36).padStart(4, "0")}${chance.padStart(16, "0")}`.slice(
      0,
      25,
    );
  };
}
