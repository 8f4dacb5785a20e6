import { type Client, type Deadline, TimeoutError } from "../client";

interface KnownServer {
  readonly id: string;
  readonly name: string;
}

/**
 * What one run knows of the account's servers: those listed before its first create (the baseline), and those it made,
 * took over or deleted since. It tells whether a name is taken, and which servers cannot be the outcome of a lost create.
 */
export interface Inventory {
  /** Lists the servers, once in a run. */
  load(deadline: Deadline): Promise<void>;
  named(name: string): KnownServer[];
  /** How many servers the account has, as far as is known. */
  count(): number;
  has(id: string): boolean;
  /** Whether a resource of the program has the server. */
  isOwned(id: string): boolean;
  /** Whether a create of this run took the server over. */
  isAdopted(id: string): boolean;
  /** Notes that a resource of the program has the server in its state. */
  claim(id: string): void;
  /** Notes a server that a create of this run made. */
  add(server: KnownServer): void;
  /** Notes a server that a create of this run took over. */
  adopt(server: KnownServer): void;
  remove(id: string): void;
  /** Runs creates of one name one after the other, so that each knows what became of the one before. */
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export function createInventory(client: Pick<Client, "listServers">): Inventory {
  const servers = new Map<string, KnownServer>();
  const owned = new Set<string>();
  const adopted = new Set<string>();
  const deleted = new Set<string>();
  const turns = new Map<string, Promise<unknown>>();
  let baseline: Promise<void> | undefined;

  async function list(deadline: Deadline): Promise<void> {
    for (const { id, name } of await client.listServers(deadline)) {
      if (!deleted.has(id)) servers.set(id, { id, name });
    }
  }

  function add({ id, name }: KnownServer): void {
    servers.set(id, { id, name });
    owned.add(id);
  }

  return {
    async load(deadline) {
      const isMine = baseline === undefined;
      baseline ??= list(deadline).catch((error) => {
        baseline = undefined;
        throw error;
      });
      try {
        await baseline;
      } catch (error) {
        // Another create's time was up: this one may have more.
        if (isMine || !(error instanceof TimeoutError)) throw error;
        await this.load(deadline);
      }
    },
    named: (name) => [...servers.values()].filter((server) => server.name === name),
    count: () => servers.size,
    has: (id) => servers.has(id) || deleted.has(id),
    isOwned: (id) => owned.has(id),
    isAdopted: (id) => adopted.has(id),
    claim: (id) => void owned.add(id),
    add,
    adopt(server) {
      add(server);
      adopted.add(server.id);
    },
    remove(id) {
      servers.delete(id);
      owned.delete(id);
      deleted.add(id);
    },
    async inTurn(name, work) {
      const before = turns.get(name) ?? Promise.resolve();
      const turn = before.then(work, work);
      turns.set(name, turn);
      try {
        return await turn;
      } finally {
        if (turns.get(name) === turn) turns.delete(name);
      }
    },
  };
}
