import { type Client, isNotFound, ResponseMismatchError, startDeadline, toPlainText } from "../client";
import type { ServerListItem } from "../spec/messages";
import { type Form, formNames, type Named, nameResources, takeOver } from "./import-file";
import { countServers, toJson } from "./output";
import { type StackState, UsageError } from "./states";

type Orphan = Named<ServerListItem>;

export interface OrphansOptions {
  readonly nameContains?: string | undefined;
  readonly json?: boolean | undefined;
  readonly delete?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

/**
 * Prints the account's servers that none of the stacks has and, if told to, deletes the printed ones and
 * notes each deletion. Returns the number of orphans left. Lists the servers before it reads the states, so
 * that a server created in between is not taken for an orphan.
 */
export async function reportOrphans(
  client: Client,
  readStates: () => Promise<StackState[]>,
  options: OrphansOptions,
  print: (text: string) => Promise<void>,
  note: (text: string) => void,
): Promise<number> {
  const wanted = options.nameContains?.toLowerCase() ?? "";
  const servers = await client.listServers(startDeadline());
  const states = await readStates();
  const owned = new Set(states.flatMap(({ serverIds }) => serverIds));
  const all = servers.filter(({ id }) => !owned.has(id));
  const shown = all.filter(({ name }) => name.toLowerCase().includes(wanted));
  const orphans = nameResources(shown, states);
  await print(
    options.json ? renderJson(orphans) : renderText(orphans, all.length, servers.length, states, options),
  );
  if (!options.delete || orphans.length === 0) return orphans.length;
  if (!options.yes)
    throw new UsageError("Nothing was deleted: a delete is irreversible. Add --yes if you mean it");
  refuseUnsafe(
    states,
    servers.some(({ id }) => owned.has(id)),
    orphans,
  );
  for (const { id } of orphans) {
    await deleteServer(client, id);
    // One by one, so that a failure half-way leaves no doubt; on stderr if stdout is JSON.
    await (options.json ? note : print)(`deleted ${toPlainText(id)}`);
  }
  return 0;
}

/** Deleting a server by mistake is irreversible, so any doubt is a refusal. */
function refuseUnsafe(
  states: readonly StackState[],
  ownsAny: boolean,
  orphans: readonly ServerListItem[],
): void {
  const underWay = states.filter(({ isUnderWay }) => isUnderWay).map(({ source }) => source);
  if (underWay.length > 0) {
    throw new UsageError(
      `Nothing was deleted: ${underWay.join(", ")} has operations that have not ended, and one of the servers may be theirs. ` +
        "Wait for the update, or end it: `pulumi cancel`, then `pulumi refresh --clear-pending-creates`",
    );
  }
  if (!ownsAny) {
    throw new UsageError(
      "Nothing was deleted: the given stacks own no server of this account, so that all of them would go. Check the access " +
        "token and the stacks",
    );
  }
  for (const { source, knownUntil } of states) {
    // Also where the state has no time at all.
    const later = orphans
      .filter(({ createdAt = "" }) => !(Date.parse(createdAt) <= knownUntil))
      .map(({ id }) => id);
    if (later.length === 0) continue;
    throw new UsageError(
      `Nothing was deleted: ${later.join(", ")} is younger than the last change that ${source} shows, and may be that stack's. ` +
        "Read the stack itself with --stack, or delete it by hand",
    );
  }
}

async function deleteServer(client: Client, id: string): Promise<void> {
  try {
    await client.deleteServer(id, startDeadline());
  } catch (error) {
    // Somebody else was faster; what was wanted is done.
    if (isNotFound(error)) return;
    // A success that cannot be read, such as 204, is settled by the list.
    if (!(error instanceof ResponseMismatchError)) throw error;
    if ((await client.listServers(startDeadline())).some((server) => server.id === id)) throw error;
  }
}

function renderJson(orphans: readonly Orphan[]): string {
  return toJson(
    orphans.map((orphan) => {
      const { id, name, createdAt } = orphan;
      return { id, name, createdAt, import: takeOver.plugin(orphan) };
    }),
  );
}

function renderText(
  orphans: readonly Orphan[],
  orphanCount: number,
  serverCount: number,
  states: readonly StackState[],
  options: OrphansOptions,
): string {
  if (orphanCount === 0) return `No orphans: the given stacks have ${allOf(serverCount)}.`;
  const found = `${orphanCount} of the account's ${countServers(serverCount)} ${isOrAre(orphanCount)} in none of the given stacks.`;
  if (orphans.length === 0)
    return `${found}\nNone of their names contains ${JSON.stringify(options.nameContains)}.`;
  const hidden = orphanCount - orphans.length;
  const forms = formsOf(states);
  return [
    row("ID", "CREATED", "NAME"),
    ...orphans.flatMap((orphan) => {
      const { id, name, createdAt = "" } = orphan;
      return [
        row(toPlainText(id), toPlainText(createdAt).slice(0, "2026-12-31".length), toPlainText(name)),
        ...(options.delete ? [] : forms.map((form) => `  ${toPlainText(takeOver[form](orphan))}`)),
      ];
    }),
    "",
    found,
    ...(hidden > 0 ? [`${hidden} of them ${isOrAre(hidden)} not shown, because of --name-contains.`] : []),
    ...(options.delete ? [] : ["To take over several at once: npx pulumi-postject import-file --help"]),
  ].join("\n");
}

/** 80 columns hold a name of 41 characters. */
const row = (id: string, created: string, name: string) => `${id.padEnd(25)}  ${created.padEnd(10)}  ${name}`;

const allOf = (count: number) =>
  count === 1 ? "the account's only server" : `all ${count} of the account's servers`;
const isOrAre = (count: number) => (count === 1 ? "is" : "are");

/** The forms that the stacks use, as their servers show; both if there are none. */
function formsOf(states: readonly StackState[]): readonly Form[] {
  const used = formNames.filter((form) => states.some(({ forms }) => forms.has(form)));
  return used.length > 0 ? used : formNames;
}
