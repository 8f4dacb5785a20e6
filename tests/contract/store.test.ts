import path from "node:path";
import fc from "fast-check";
import { newAccount, newServer } from "../../provider/reference/drafts";
import { openStore, type Store } from "../../provider/reference/store";
import type { StoredServer } from "../../provider/reference/types";
import { useFolder } from "../support/fixtures";

const folder = useFolder({ per: "file" });
let files = 0;

/** Both kinds of store. `reopen` restarts one; a store in memory would not survive that. */
const stores = [
  {
    kind: "memory",
    open: () => openStore(),
    reopen: async (store: Store) => store,
  },
  {
    kind: "file",
    open: () => {
      files += 1;
      return openStore(path.join(folder.path, `${files}.sqlite`));
    },
    reopen: (store: Store) => {
      store.close();
      return openStore(path.join(folder.path, `${files}.sqlite`));
    },
  },
] as const;

const account = newAccount({ id: "acct_a", plan: "scale", serverLimit: 7 });
const other = newAccount({ id: "acct_b", plan: "free" });

const contentOf = (store: Store) => ({ accounts: store.accounts(), servers: store.list() });

describe.each(stores)("a store: $kind", ({ open, reopen }) => {
  let store: Store;

  beforeEach(async () => {
    store = await open();
    store.putAccount(account);
    store.putAccount(other);
  });

  afterEach(() => store.close());

  const add = (accountId: string, name: string): StoredServer => {
    const server = newServer(accountId, { name });
    store.add(server);
    return server;
  };

  test("lists and counts servers, by account or all of them, in the order they were added", () => {
    const [a, b, c] = [add("acct_a", "A"), add("acct_b", "B"), add("acct_a", "C")];
    expect(store.list()).toEqual([a, b, c]);
    expect(store.list("acct_a")).toEqual([a, c]);
    expect([store.count("acct_a"), store.count("acct_b"), store.isEmpty()]).toEqual([2, 1, false]);
    expect([store.list("nobody"), store.count("nobody")]).toEqual([[], 0]);
  });

  test("returns and deletes a server only for its own account", async () => {
    const server = add("acct_a", "A");
    expect(store.get("acct_b", server.id)).toBeUndefined();
    expect(store.delete("acct_b", server.id)).toBe(false);
    expect(store.get("acct_a", server.id)).toEqual(server);
    expect(store.delete("acct_a", server.id)).toBe(true);
    expect(store.delete("acct_a", server.id)).toBe(false);
    store = await reopen(store);
    expect(store.list()).toEqual([]);
  });

  test("refuses an id that is taken, and accounts and servers that do not exist", () => {
    const server = add("acct_a", "A");
    expect(() => store.add({ ...server, accountId: "acct_b" })).toThrow(`Server ${server.id} already exists`);
    expect(() => store.add(newServer("nobody", { name: "B" }))).toThrow("Account nobody does not exist");
    expect(() => store.rename("nothing", "B")).toThrow("Server nothing does not exist");
    expect(() => store.replace({ accounts: [account, account], servers: [] })).toThrow("Two accounts");
    expect(() => store.replace({ accounts: [], servers: [server] })).toThrow("Account acct_a does not exist");
    expect(contentOf(store)).toEqual({ accounts: [account, other], servers: [server] });
  });

  test("keeps a renamed server in its place", async () => {
    const [a, b] = [add("acct_a", "A"), add("acct_a", "B")];
    store.rename(a.id, "Z");
    store = await reopen(store);
    expect(store.list()).toEqual([{ ...a, name: "Z" }, b]);
  });

  test("keeps any text unchanged, and its signing secret", async () => {
    const secret = Buffer.from(store.signingSecret);
    const text = "O'Hare \" 💌 \n";
    store.add(
      newServer("acct_a", { name: text, token: text, streams: [{ name: text, type: text, slug: text }] }),
    );
    const before = contentOf(store);
    store = await reopen(store);
    expect(contentOf(store)).toEqual(before);
    expect(Buffer.from(store.signingSecret)).toEqual(secret);
    expect(secret).toHaveLength(32);
  });

  test("agrees with a plain list through any sequence of changes and restarts", async () => {
    const accountId = fc.constantFrom("acct_a", "acct_a", "acct_a", "acct_b", "nobody");
    const index = fc.nat(3);
    const name = fc.string({ unit: "grapheme" });
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant("add" as const), accountId, name }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("delete" as const), accountId, index }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("rename" as const), index, name }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("reverse" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: "max" }), async (steps) => {
        store.replace({ accounts: [account, other], servers: [] });
        let model: StoredServer[] = [];
        for (const taken of steps) {
          const at = "index" in taken ? model[taken.index] : undefined;
          if (taken.do === "add") {
            const server = newServer(taken.accountId, { name: taken.name });
            if (taken.accountId === "nobody")
              expect(() => store.add(server)).toThrow("Account nobody does not exist");
            else {
              store.add(server);
              model.push(server);
            }
          } else if (taken.do === "delete" && at !== undefined) {
            const isOwn = at.accountId === taken.accountId;
            expect(store.delete(taken.accountId, at.id)).toBe(isOwn);
            if (isOwn) model = model.filter((server) => server !== at);
          } else if (taken.do === "rename" && at !== undefined) {
            store.rename(at.id, taken.name);
            model[taken.index] = { ...at, name: taken.name };
          } else if (taken.do === "clear") {
            store.clear();
            model = [];
          } else if (taken.do === "reverse") {
            model = model.toReversed();
            store.replace({ accounts: [account, other], servers: model });
          } else if (taken.do === "reopen") store = await reopen(store);
          expect(store.list()).toEqual(model);
        }
        for (const { id } of [account, other]) {
          const owned = model.filter((server) => server.accountId === id);
          expect(store.list(id)).toEqual(owned);
          expect(store.count(id)).toBe(owned.length);
          for (const server of model)
            expect(store.get(id, server.id)).toEqual(server.accountId === id ? server : undefined);
        }
        expect(contentOf(await reopenAndKeep())).toEqual({ accounts: [account, other], servers: model });
      }),
      { numRuns: 30 },
    );
  });

  async function reopenAndKeep(): Promise<Store> {
    store = await reopen(store);
    return store;
  }
});
