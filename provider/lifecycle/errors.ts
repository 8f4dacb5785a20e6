import { type ApiError, PostjectError } from "../client";
import { CASCADE, errorCodes, type ServerState } from "../spec";
import type { KnownServer } from "./inventory";

/** How messages name a server: by its name, and by its id where it has one. */
export function describe(name: string | undefined, id?: string): string {
  if (name === undefined) return ["server", id].filter(Boolean).join(" ");
  return id ? `server "${name}" (${id})` : `server "${name}"`;
}

/**
 * What a user of the host does to make an existing server this resource's own: a command or a line of code.
 * `isReplacement`: the resource has another server in the state, which the run replaces.
 */
export type ImportHint = (id: string, context: { readonly isReplacement: boolean }) => string;

/** Why a server is deleted that has, or gets, another in its place. */
export type Replacement =
  | (ReplacementByRun & {
      /** Whether the edit that replaces the server also lifts its protection. */
      readonly isLifted: boolean;
    })
  /** The other one exists, and the state has both. */
  | { readonly by: "successor"; readonly successor: string };

type ReplacementByRun =
  | { readonly by: "name"; readonly newName: string }
  | { readonly by: "account" }
  | { readonly by: "run" };

/** The run would delete a protected server, or replace it. */
export class DeletionProtectedError extends PostjectError {
  constructor(
    server: {
      readonly name: string | undefined;
      readonly id?: string;
      /** Whether the protection is the server's own `deletionProtection` or the provider's setting. */
      readonly setsProtectionItself: boolean;
    },
    replacement?: Replacement,
  ) {
    const { name, id, setsProtectionItself } = server;
    const explained = replacement === undefined ? explainDelete() : explainReplacement(name, replacement);
    const deletedBefore =
      replacement === undefined || id !== undefined
        ? ""
        : ", which also helps if an earlier run deleted the server and could not create the new one";
    const forOneRun = setsProtectionItself
      ? ""
      : ` Or allow it for one run with \`POSTJECT_DELETION_PROTECTION=false\`${deletedBefore}.`;
    super(
      "deletion-protected",
      `Deletion protection is on for ${describe(name, id)}. ${explained}${forOneRun}`,
    );
  }
}

function explainDelete(): string {
  return (
    "It was not deleted. To keep it, put the resource back into the program, or let Pulumi forget it with `pulumi state delete`. " +
    `To delete it with ${CASCADE}, put it back with \`deletionProtection: false\`, run \`pulumi up\`, then repeat.`
  );
}

function explainReplacement(name: string | undefined, replacement: Replacement): string {
  if (replacement.by === "successor")
    return (
      `It was not deleted, although its resource has ${describe(undefined, replacement.successor)} in its place. To let Pulumi forget it, ` +
      "run `pulumi state delete` with the resource's URN in a terminal, and choose this id. To delete it with " +
      `${CASCADE}, set \`deletionProtection: false\` on the resource and run \`pulumi up\` twice.`
    );
  const { change, undo, repeat } = describeReplacement(name, replacement);
  const loss = `${change} would delete it with ${CASCADE}, and create another.`;
  return replacement.isLifted
    ? `${loss} \`deletionProtection: false\` takes effect after an update: ${undo} for one \`pulumi up\`, then ${repeat}.`
    : `${loss} To avoid that, ${undo}. To replace it, first ${undo} and set \`deletionProtection: false\`, run \`pulumi up\`, then ${repeat}.`;
}

function describeReplacement(name: string | undefined, replacement: ReplacementByRun) {
  switch (replacement.by) {
    case "name":
      return {
        change: `Renaming it to ${JSON.stringify(replacement.newName)}`,
        undo: `set \`name: ${JSON.stringify(name)}\``,
        repeat: "rename it",
      };
    case "account":
      return { change: "Changing its `account`", undo: "keep the account", repeat: "change the account" };
    case "run":
      return { change: "This run", undo: "undo the change that causes the replacement", repeat: "repeat" };
  }
}

/** A create was refused because the account is full. */
export class PlanLimitError extends PostjectError {
  constructor(
    name: string,
    facts: { readonly limit: number | undefined; readonly used: number; readonly cause: ApiError },
  ) {
    const { limit, used, cause } = facts;
    const allowed = limit === undefined ? "allows no more servers" : `allows ${count(limit, "server")}`;
    super(
      "plan-limit",
      `Postject refused to create server "${name}"${quoteCause(cause)}: the account's plan ${allowed}, and ${existing(used)}. ` +
        errorCodes["plan-limit"].remedy,
      { cause },
    );
  }
}

/** A create was refused for a reason that the API does not tell. */
export class ForbiddenCreateError extends PostjectError {
  constructor(name: string, used: number, cause: ApiError) {
    super(
      "forbidden",
      `Postject refused to create server "${name}"${quoteCause(cause)}. It may be the plan's limit: the account has ` +
        `${count(used, "server")}. Delete one or upgrade the plan, or check what the access token is allowed to do.`,
      { cause },
    );
  }
}

function quoteCause({ call, status, apiMessage }: ApiError): string {
  const said = apiMessage ? `: "${apiMessage}"` : "";
  return ` (${call.method} ${call.path} returned ${status}${said})`;
}

/** How many servers there are, as a clause. */
export function existing(number: number): string {
  return `${number} ${number === 1 ? "exists" : "exist"}`;
}

/** How many servers of one name a message lists. */
const LISTED_NAMESAKES = 5;

/** A server of the name exists that the resource does not own; nothing was sent. */
export class NameTakenError extends PostjectError {
  constructor(
    name: string,
    facts: {
      readonly taken: readonly (KnownServer & { readonly isOwned: boolean })[];
      /** The run replaces the resource, perhaps one of these very servers. */
      readonly isReplacement: boolean;
      readonly importHint: ImportHint;
    },
  ) {
    const { taken, isReplacement, importHint } = facts;
    const byOwned = taken.toSorted((a, b) => Number(a.isOwned) - Number(b.isOwned));
    const listed = byOwned.slice(0, LISTED_NAMESAKES);
    const strangers = listed.filter(({ isOwned }) => !isOwned).map(({ id }) => id);
    const found = listed.map(({ id, createdAt }) =>
      createdAt === undefined ? id : `${id}, created ${createdAt}`,
    );
    if (listed.length < taken.length) found.push(`and ${taken.length - listed.length} more`);
    const deleteFirst = "set the resource option `deleteBeforeReplace: true`.";
    const ways = [
      strangers.length < listed.length &&
        "Another resource of the program has it: give this one another name.",
      isReplacement && `If it is the server that this run replaces, ${deleteFirst}`,
      ...(strangers.length === 0
        ? []
        : [
            !isReplacement &&
              "If it is this resource under an earlier name or parent, keep it: set the resource option `aliases`, or run " +
                "`pulumi state rename` or `pulumi state move`.",
            "If it is another stack's or somebody else's, choose another name.",
            `If it should belong to this resource, ${strangers.map((id) => importHint(id, { isReplacement })).join(" or ")}.`,
            // The engine does not tell of a forced replacement.
            !isReplacement && `If this run replaces it (\`--replace\`, a taint), ${deleteFirst}`,
          ]),
      "If you want a second server of this name, set `allowDuplicateName: true`.",
    ];
    const list = ways.filter((way) => way !== false).map((way) => `  - ${way}`);
    super(
      "name-taken",
      `Not created: the account already has ${describe(name, found.join("; "))}.\n${list.join("\n")}`,
    );
  }
}

/** The API returned a server that was there before, instead of a new one. */
export class ExistingServerError extends PostjectError {
  constructor(name: string, id: string) {
    super(
      "name-taken",
      `Not created: Postject returned ${describe(name, id)}, which the account had before, instead of a new server. It is not taken ` +
        "over, since it may be somebody else's. Choose another name.",
    );
  }
}

/** The response to a create was lost, and the server list does not tell which server it created, if any. */
export class CreateUnclearError extends PostjectError {
  constructor(
    name: string,
    facts: {
      readonly ids: readonly string[];
      readonly allowDuplicateName: boolean;
      readonly isReplacement: boolean;
      readonly importHint: ImportHint;
      /** Why the account's servers could not be listed. */
      readonly unread: string | undefined;
      readonly cause: unknown;
    },
  ) {
    const { ids, allowDuplicateName, isReplacement, importHint, unread, cause } = facts;
    const again = allowDuplicateName
      ? "Look at the account's servers before you run again: with `allowDuplicateName` another one would be created."
      : "Run again: the provider stops at a taken name, so nothing is created twice. If the program gives the server no name, set " +
        `\`name: ${JSON.stringify(name)}\` first, or the next run generates another.`;
    const found =
      ids.length > 0
        ? `It may be one of these servers: ${ids.join(", ")}. To make the right one this resource's own, ` +
          `${ids.map((id) => importHint(id, { isReplacement })).join(" or ")}.`
        : unread === undefined
          ? `No new server of that name is listed, but it may still appear. ${again}`
          : `The list that would show it could not be read (${unread}). ${again}`;
    super(
      "create-unclear",
      `The outcome of creating server "${name}" is unclear. ${found} The cause: ${textOf(cause)}`,
      { cause },
    );
  }
}

/** The server exists but could not be read in full. The host stores `state` under `id`: nothing is lost. */
export class CreateIncompleteError extends PostjectError {
  /** Not enumerable: it holds the server token. */
  declare readonly state: Readonly<Record<string, unknown>>;

  constructor(
    readonly id: string,
    state: Readonly<Record<string, unknown>>,
    name: string,
    cause: unknown,
  ) {
    super(
      "create-incomplete",
      `Created ${describe(name, id)} and stored it, but could not read all of it. ` +
        `${errorCodes["create-incomplete"].remedy} The cause: ${textOf(cause)}`,
      { cause },
    );
    Object.defineProperty(this, "state", { value: state, enumerable: false });
  }
}

/** `adopt` or an import names a server that has another name than the resource. */
export class AdoptMismatchError extends PostjectError {
  constructor(id: string, wanted: string, found: string) {
    super(
      "adopt-mismatch",
      `Cannot take over ${describe(found, id)} as "${wanted}". Set \`name\` to the server's name, or give the id of the right server.`,
    );
  }
}

/** One server is to belong to two resources; `at` is what the resource that gets the error is doing. */
export class TakenServerError extends PostjectError {
  constructor(id: string, { at }: { readonly at: "take-over" | "diff" | "delete" }) {
    const server = describe(undefined, id);
    const texts = {
      "take-over":
        `Cannot take over ${server}: another resource of the program has it. If that is this one under an earlier name or parent, set the ` +
        "resource option `aliases` instead.",
      diff:
        `Another resource of the program is about to adopt or import ${server}, which belongs to this one. Remove that \`adopt\` or ` +
        "`import`, or remove this resource.",
      delete:
        `Not deleted: another resource of the program failed to adopt or import ${server}. Fix that resource, or remove its \`adopt\` or ` +
        "`import`, then run again.",
    };
    super("adopt-mismatch", texts[at]);
  }
}

/** The run would replace a server that its access token cannot delete. */
export class OtherAccountError extends PostjectError {
  constructor({ name, accountId }: Partial<ServerState>, id: string, ours: string | undefined) {
    super(
      "other-account",
      `Cannot replace ${describe(name, id)}: it belongs to account ${accountId}, and the access token is of account ${ours}. ` +
        errorCodes["other-account"].remedy,
    );
  }
}

/** A server seems to be gone, which is not enough to forget it; `problem` says why not. */
export class AbsenceUnprovenError extends PostjectError {
  constructor(
    { id, state }: { readonly id: string; readonly state: { readonly name?: string | undefined } },
    problem: string,
    { cause, wasDeleted = false }: { readonly cause?: unknown; readonly wasDeleted?: boolean } = {},
  ) {
    const seen = wasDeleted ? "Postject says that it deleted" : "Postject does not find";
    super(
      "absence-unproven",
      `${seen} ${describe(state.name, id)}, but that is not proof that it is gone: ${problem}. The state is unchanged. ` +
        errorCodes["absence-unproven"].remedy,
      { cause },
    );
  }
}

/** What an error says, for another error's message. */
export function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
