import { ApiError, type Client, type Deadline, TimeoutError } from "../client";
import { canonicalName, isSameName } from "../spec";

export interface KnownServer {
  readonly id: string;
  readonly name: string;
  readonly createdAt?: string | undefined;
}

/**
 * What one run knows of the account's servers: those listed before its first create (the baseline), and those
 * that it created or deleted since. It tells whether a name is taken, and which servers cannot be the outcome
 * of a lost create.
 */
export interface Inventory {
  /** Lists the servers, once per run. */
  load(client: ListingClient, deadline: Deadline): Promise<void>;
  /** The servers of a name, by {@link isSameName}. */
  named(name: string): KnownServer[];
  /** How many servers the account has, as far as is known. */
  count(): number;
  /** Whether the account has the server, or had it before this run deleted it. */
  hasSeen(id: string): boolean;
  /** Whether this run deleted the server. */
  isDeleted(id: string): boolean;
  /** Notes a server that this run created. */
  add(server: KnownServer): void;
  /** Notes that nobody knows whether a create of this name, which failed for `cause`, left a server. */
  noteUnclear(name: string, cause: unknown): void;
  /** Why that is not known; undefined if every create of the name has an outcome. */
  unclearCause(name: string): unknown;
  /** Notes that this run deleted a server. */
  remove(id: string): void;
  /** Runs work on the same name or id one piece at a time, so that each knows the outcome of the last. */
  serialize<T>(kind: "name" | "id", key: string, work: () => Promise<T>): Promise<T>;
}

type ListingClient = Pick<Client, "listServers">;

export function createInventory(): Inventory {
  const servers = new Map<string, KnownServer>();
  const deleted = new Set<string>();
  const unclear = new Map<string, unknown>();
  const queues = new Map<string, Promise<unknown>>();
  let baseline: Promise<void> | undefined;

  async function list(client: ListingClient, deadline: Deadline): Promise<void> {
    for (const { id, name, createdAt } of await client.listServers(deadline)) {
      if (!deleted.has(id)) servers.set(id, { id, name, createdAt });
    }
  }

  return {
    async load(client, deadline) {
      const isMine = baseline === undefined;
      baseline ??= list(client, deadline).catch((error) => {
        baseline = undefined;
        throw error;
      });
      try {
        await baseline;
      } catch (error) {
        // It was the deadline of another create that ended the list; this one may have more time.
        const endedByDeadline =
          error instanceof TimeoutError || (error instanceof ApiError && error.code === "rate-limited");
        if (isMine || !endedByDeadline) throw error;
        await this.load(client, deadline);
      }
    },
    named: (name) => [...servers.values()].filter((server) => isSameName(server.name, name)),
    count: () => servers.size,
    hasSeen: (id) => servers.has(id) || deleted.has(id),
    isDeleted: (id) => deleted.has(id),
    add(server) {
      servers.set(server.id, server);
      unclear.delete(canonicalName(server.name));
    },
    noteUnclear: (name, cause) => void unclear.set(canonicalName(name), cause),
    unclearCause: (name) => unclear.get(canonicalName(name)),
    remove(id) {
      servers.delete(id);
      deleted.add(id);
    },
    async serialize(kind, nameOrId, work) {
      const key = `${kind} ${canonicalName(nameOrId)}`;
      const before = queues.get(key) ?? Promise.resolve();
      const turn = before.then(work, work);
      queues.set(key, turn);
      try {
        return await turn;
      } finally {
        if (queues.get(key) === turn) queues.delete(key);
      }
    },
  };
}
