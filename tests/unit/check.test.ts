import { checkArguments } from "../../provider/lifecycle";
import { type Properties, UNKNOWN } from "../../provider/settings";
import { serverResource } from "../../provider/spec";
import { startOperations } from "../support/operations";

const operationsWith = (deletionProtection: boolean) =>
  startOperations({ accessToken: "opaque", endpoint: "http://127.0.0.1:1", deletionProtection });
const { check, diff: diffOf } = operationsWith(true);
const diff = (request: Omit<Parameters<typeof diffOf>[0], "id">) => {
  const { changes, isComplete } = diffOf({ id: "x", ...request });
  return { changes, isComplete };
};

test.each([
  [{ name: 5 }, "name", "must be a string"],
  [{ name: ["A"] }, "name", "must be a string"],
  [{ name: { property: "A" } }, "name", "must be a string"],
  [{ name: "A", deletionProtection: "true" }, "deletionProtection", "must be true or false"],
  [{ name: "" }, "name", "must not be empty or blank"],
  [{ name: "\u007f" }, "name", "must not contain control characters"],
  [{ name: " A" }, "name", "must not begin or end with white space"],
  [{ name: "A\u00a0" }, "name", "must not begin or end with white space"],
  [{ name: "A", adopt: "" }, "adopt", "must be the id of a server"],
  [{ name: "A", adopt: " " }, "adopt", "must be the id of a server"],
  [{ name: "A", adopt: "../clx" }, "adopt", "must be the id of a server"],
])("check refuses %j", (inputs, property, reason) => {
  expect(check({ oldInputs: {}, inputs }).failures).toEqual([{ property, reason }]);
});

test("check accepts unknown values, unusual names and null inputs", () => {
  const inputs = { name: UNKNOWN, deletionProtection: UNKNOWN };
  expect(check({ oldInputs: { name: "A" }, inputs })).toEqual({ inputs, failures: [] });
  for (const name of ["ü", "名前", "x".repeat(5000), "🙂"]) {
    expect(check({ oldInputs: {}, inputs: { name, deletionProtection: null } })).toEqual({
      inputs: { name },
      failures: [],
    });
  }
});

test("an omitted name stays as it was, or is made up for a new server", () => {
  expect(check({ oldInputs: { name: "A" }, inputs: {}, autoName: () => "B" }).inputs).toEqual({ name: "A" });
  expect(check({ oldInputs: {}, inputs: {}, autoName: () => "B" }).inputs).toEqual({ name: "B" });
  expect(check({ oldInputs: {}, inputs: {} }).failures).toEqual([
    { property: "name", reason: "must be given" },
  ]);
});

test.each([
  [true, undefined, 1],
  [true, true, 1],
  [true, false, 0],
  [false, undefined, 0],
  [false, true, 1],
])(
  "a rename with provider protection %s and the server's own %s has %s failures",
  (byDefault, own, count) => {
    const { failures } = operationsWith(byDefault).check({
      oldInputs: { name: "A", ...(own !== undefined && { deletionProtection: own }) },
      inputs: { name: "B", deletionProtection: false },
    });
    expect(failures).toHaveLength(count);
  },
);

const state = { name: "A", token: "t", createdAt: "now", streams: [] };

test("a diff compares inputs alone: a new name replaces, a flag updates, and `adopt` changes nothing", () => {
  expect(diff({ state, inputs: { name: "A", adopt: "x" } })).toEqual({ changes: [], isComplete: true });
  expect(diff({ state, inputs: { name: "B" } }).changes).toEqual([{ property: "name", replaces: true }]);
  expect(diff({ state, inputs: { name: UNKNOWN } }).changes).toEqual([{ property: "name", replaces: true }]);
  expect(diff({ state, inputs: { name: "A", deletionProtection: false } }).changes).toEqual([
    { property: "deletionProtection", replaces: false },
  ]);
  expect(diff({ state: { ...state, deletionProtection: true }, inputs: { name: "A" } }).changes).toHaveLength(
    1,
  );
});

test("a state that lacks an output is incomplete", () => {
  expect(diff({ state: { ...state, token: undefined }, inputs: { name: "A" } }).isComplete).toBe(false);
});

test("a state without the name is completed, not replaced", () => {
  expect(diff({ state: { ...state, name: undefined }, inputs: { name: "A" } })).toEqual({
    changes: [],
    isComplete: false,
  });
});

test("a changed account replaces the server, even if there was none before", () => {
  expect(diff({ state, inputs: { name: "A", account: "eu" } }).changes).toEqual([
    { property: "account", replaces: true },
  ]);
});

test("a name that an earlier version accepted stays valid, but no new one like it is", () => {
  expect(check({ oldInputs: { name: " A" }, inputs: { name: " A" } }).failures).toEqual([]);
  expect(
    operationsWith(false).check({ oldInputs: { name: " A" }, inputs: { name: " B" } }).failures,
  ).toHaveLength(1);
});

test("a host without accounts does not see a state's account as a change", () => {
  const fields = { name: serverResource.inputs.name };
  const withoutAccounts = startOperations(
    { accessToken: "opaque", endpoint: "http://127.0.0.1:1", deletionProtection: true },
    { inputFields: fields },
  );
  const oldInputs = { name: "A", account: "staging" };
  expect(withoutAccounts.check({ oldInputs, inputs: { name: "A" } }).failures).toEqual([]);
  expect(check({ oldInputs, inputs: { name: "A" } }).failures).toHaveLength(1);
});

test("a replacement that may not happen is not refused: an unknown name may turn out to be the old one", () => {
  const { check: checkAgain } = operationsWith(true);
  const request = { owner: "app", oldInputs: { name: "A" }, inputs: { name: UNKNOWN } };
  expect(checkAgain(request).failures).toEqual([]);
  expect(checkAgain({ ...request, oldInputs: {} }).failures).toEqual([]);
  expect(checkAgain({ ...request, oldInputs: {}, inputs: { name: "A" } }).failures).toHaveLength(1);
});

describe("a server that is to be deleted while its resource stays", () => {
  const inputs = { name: "A" };
  const request = { owner: "app", id: "x", state: { ...state, deletionProtection: true } };

  test("is kept if the resource has it back", async () => {
    const run = operationsWith(false);
    run.check({ owner: "app", oldInputs: inputs, inputs });
    run.diff({ owner: "app", id: "x", state, inputs });
    expect(await run.delete(request)).toEqual([
      {
        severity: "warning",
        message:
          'Not deleted: the resource in its place has server "A" (x). Only this entry of the state is gone.',
      },
    ]);
  });

  test("is protected as the resource is now, and a refusal says how to get rid of it", async () => {
    for (const [deletionProtection, outcome] of [
      [undefined, "[deletion-protected]"],
      [true, /although its resource has server y in its place.*choose this id.*run `pulumi up` twice\. \[/],
      // It was sent to nobody.
      [false, "[network]"],
    ] as const) {
      const run = operationsWith(deletionProtection !== undefined);
      const settings = { name: "A", ...(deletionProtection !== undefined && { deletionProtection }) };
      run.check({ owner: "app", oldInputs: settings, inputs: settings });
      run.diff({ owner: "app", id: "y", state: { ...state, deletionProtection }, inputs: settings });
      await expect(run.delete(request)).rejects.toThrow(outcome);
    }
  });

  test("is refused as a replacement if it is protected", async () => {
    const run = operationsWith(true);
    run.check({ owner: "app", oldInputs: {}, inputs });
    await expect(run.delete(request)).rejects.toThrow("This run would delete it with");
  });
});

test("a replacement with another account's access token is refused, unless the account changes or the name may not", () => {
  const claims = Buffer.from('{"sub":"acct_b"}').toString("base64url");
  const run = startOperations({ accessToken: `x.${claims}.y`, endpoint: "http://127.0.0.1:1" });
  const oldInputs = { name: "A" };
  const compare = (inputs: Properties) => {
    run.check({ owner: "app", oldInputs, inputs });
    return run.diff({ owner: "app", id: "x", state: { ...state, accountId: "acct_a" }, inputs }).changes;
  };
  expect(() => compare({ name: "B" })).toThrow(
    /belongs to account acct_a.*of account acct_b.*\[other-account\]/,
  );
  expect(compare({ name: UNKNOWN })).toHaveLength(1);
  expect(compare({ name: "A", deletionProtection: true })).toHaveLength(1);
  expect(compare({ name: "B", account: "eu" })).toHaveLength(2);
});

test("a replacement cannot adopt the server that it replaces", () => {
  const run = operationsWith(false);
  const adopting = { name: "B", adopt: "x" };
  run.check({ owner: "app", oldInputs: { name: "A" }, inputs: adopting });
  run.diff({ owner: "app", id: "x", state, inputs: adopting });
  expect(run.check({ owner: "app", oldInputs: {}, inputs: adopting }).failures).toEqual([
    { property: "adopt", reason: "names the server that this run replaces: remove the line" },
  ]);
});

test("two resources that adopt one server are refused before either does", () => {
  const run = operationsWith(true);
  const inputs = { name: "A", adopt: "clx" };
  expect(run.check({ owner: "one", oldInputs: {}, inputs }).failures).toEqual([]);
  expect(run.check({ owner: "two", oldInputs: {}, inputs }).failures).toEqual([
    { property: "adopt", reason: "names a server that another resource of the program has" },
  ]);
});

test("another spelling of a name is an update of the state, not a replacement", () => {
  const [composed, decomposed] = ["Caf\u00e9", "Cafe\u0301"];
  expect(check({ oldInputs: { name: composed }, inputs: { name: decomposed } }).failures).toEqual([]);
  expect(diff({ state: { ...state, name: composed }, inputs: { name: decomposed } }).changes).toEqual([
    { property: "name", replaces: false },
  ]);
});

test.each([
  [true, "getServers", { nameContains: 5 }, "`nameContains` of getServers must be a string"],
  [true, "getServer", { nmae: "A" }, "unknown input `nmae` of getServer; expected one of: id, name, account"],
  [false, "getServer", { id: "a", account: "eu" }, "unknown input `account` of getServer"],
  [false, "getServers", { nameContains: ["A"] }, "`nameContains` of getServers must be a string"],
  [true, "getServer", { constructor: "A" }, "unknown input `constructor` of getServer"],
  [true, "getServers", { account: 5 }, "`account` of getServers must be a string"],
  [true, "getServer", { id: UNKNOWN }, "`id` of getServer is not known yet"],
] as const)("a lookup's arguments are checked alike in both forms: %#", (isDynamic, name, args, problem) => {
  expect(() => checkArguments(name, args, { isDynamic })).toThrow(problem);
});

test("arguments that are null count as absent", () => {
  expect(checkArguments("getServer", { id: "a", name: null }, { isDynamic: true })).toEqual({ id: "a" });
});

test("a name that the old inputs lack is kept from the state", () => {
  const request = { oldInputs: {}, oldState: { name: "A", token: "t" }, inputs: {}, autoName: () => "B" };
  expect(check(request).inputs).toEqual({ name: "A" });
  expect(check({ ...request, inputs: { name: "C" } }).failures[0]?.reason).toContain("[deletion-protected]");
});
