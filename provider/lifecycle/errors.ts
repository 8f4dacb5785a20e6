import { PostjectError } from "../client";
import { CASCADE, errorCodes } from "../spec";

/** How messages name a server: by its name, and by its id where it has one. */
export function describe(name: string | undefined, id?: string): string {
  return [`server`, name === undefined ? "" : `"${name}"`, id ? `(${id})` : ""].filter(Boolean).join(" ");
}

/** The run would delete a protected server: by its own delete, or by the replacement that a new name means. */
export class DeletionProtectedError extends PostjectError {
  constructor(server: {
    name: string | undefined;
    id?: string;
    newName?: string | undefined;
    /** Why the run would replace the server, where it is not its name. */
    replacedBy?: "run" | "account";
  }) {
    const { name, id, newName, replacedBy } = server;
    const replacement =
      replacedBy === undefined
        ? ""
        : ` ${replacedBy === "run" ? "The run" : "Its new `account`"} would replace it: delete it and create another, with another token.`;
    const rename =
      newName === undefined
        ? ""
        : ` Renaming it to "${newName}" deletes it and creates another, with another token.`;
    const way = newName === undefined ? "" : ` To keep the server, set its name to ${JSON.stringify(name)}.`;
    super(
      "deletion-protected",
      `Deletion protection is on for ${describe(name, id)}.${rename}${replacement} A delete is irreversible and takes ` +
        `${CASCADE} along.${way} ${errorCodes["deletion-protected"].remedy}`,
    );
  }
}

/** A create was refused because the account is full. */
export class PlanLimitError extends PostjectError {
  constructor(
    name: string,
    facts: { limit: number | undefined; used: number; apiMessage: string | undefined; cause: Error },
  ) {
    const allowed = facts.limit === undefined ? "allows no further one" : `allows ${facts.limit}`;
    const said = facts.apiMessage ? ` (Postject says: "${facts.apiMessage}")` : "";
    super(
      "plan-limit",
      `Postject refused to create server "${name}": the account's plan ${allowed}, and ${count(facts.used, "server")} ` +
        `${facts.used === 1 ? "exists" : "exist"}${said}. ${errorCodes["plan-limit"].remedy} (POST /v1/servers answered 403)`,
      { cause: facts.cause },
    );
  }
}

/** A server of the name exists that the resource does not own; nothing was sent. */
export class NameTakenError extends PostjectError {
  constructor(
    name: string,
    taken: readonly { id: string; isOwned: boolean }[],
    takeOver: (id: string) => string,
  ) {
    const strangers = taken.filter(({ isOwned }) => !isOwned).map(({ id }) => id);
    const reason =
      strangers.length === 0
        ? "another resource of the program has it."
        : "it is nearly always one whose creation was never recorded. To take it over: " +
          `${strangers.map(takeOver).join(" or ")}.`;
    super(
      "name-taken",
      `Not created: the account already has ${describe(name, taken.map(({ id }) => id).join(", "))}; ${reason} If a ` +
        "second one is meant, set `allowDuplicateName: true`; if this replaces that server, set the resource option " +
        "`deleteBeforeReplace: true`.",
    );
  }
}

/** The answer to a create was lost, and the list of servers does not tell which server it made, if any. */
export class CreateUnclearError extends PostjectError {
  constructor(facts: {
    name: string;
    ids: readonly string[];
    allowDuplicateName: boolean;
    takeOver: (id: string) => string;
    cause: unknown;
  }) {
    const { name, ids, allowDuplicateName, takeOver, cause } = facts;
    const again = allowDuplicateName
      ? "Look at the account's servers before you run again: with `allowDuplicateName` another one would be created."
      : "Run again: the provider stops at a taken name, so nothing is created twice.";
    const found =
      ids.length === 0
        ? `No new server of that name is listed, but it may still appear. ${again}`
        : `These servers may be it: ${ids.join(", ")}. To take the right one over: ${ids.map(takeOver).join(" or ")}.`;
    super(
      "create-unclear",
      `The outcome of creating server "${name}" is unclear. ${found} The cause: ${textOf(cause)}`,
      {
        cause,
      },
    );
  }
}

/** The server exists, but what is known of it is not whole. The host stores `state` under `id`, so that nothing is lost. */
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
      `Created ${describe(name, id)} and stored it, but could not read it to the end. ` +
        `${errorCodes["create-incomplete"].remedy} The cause: ${textOf(cause)}`,
      { cause },
    );
    Object.defineProperty(this, "state", { value: state, enumerable: false });
  }
}

/** `adopt` names a server that is not the one meant. */
export class AdoptMismatchError extends PostjectError {
  constructor(id: string, wanted: string, problem: string) {
    super(
      "adopt-mismatch",
      `Cannot adopt server ${id} as "${wanted}": ${problem}. ${errorCodes["adopt-mismatch"].remedy}`,
    );
  }
}

/** A server seems to be gone, which is not enough to forget it; `problem` says why not. */
export class AbsenceUnprovenError extends PostjectError {
  constructor(name: string | undefined, id: string, problem: string, cause?: unknown) {
    super(
      "absence-unproven",
      `It cannot be proven that ${describe(name, id)} is gone: ${problem}. The state is left as it is. ` +
        errorCodes["absence-unproven"].remedy,
      { cause },
    );
  }
}

/** What an error says, for another error's message. */
export function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
