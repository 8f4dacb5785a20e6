import { type Client, isNotFound, ResponseMismatchError, startDeadline, toPlainText } from "../client";
import type { ServerListItem } from "../spec/messages";
import { importLine } from "./import-file";
import { type StackState, UsageError } from "./states";

export interface OrphansOptions {
  readonly nameContains?: string | undefined;
  readonly json?: boolean | undefined;
  readonly delete?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

/**
 * Prints the account's servers that none of the stacks has and, if told to, deletes those that it printed and notes each.
 * Returns the number of orphans left. The list is read before the states, so that a server made meanwhile is no orphan.
 */
export async function reportOrphans(
  client: Client,
  readStates: () => Promise<StackState[]>,
  options: OrphansOptions,
  print: (text: string) => void,
  note: (text: string) => void,
): Promise<number> {
  const wanted = options.nameContains?.toLowerCase() ?? "";
  const servers = await client.listServers(startDeadline());
  const states = await readStates();
  const owned = new Set(states.flatMap(({ serverIds }) => serverIds));
  const orphans = servers.filter(({ id, name }) => !owned.has(id) && name.toLowerCase().includes(wanted));
  print(options.json ? renderJson(orphans) : renderTable(orphans, servers.length));
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
    // One by one, so that a failure half-way leaves no doubt; beside the JSON, not in it.
    (options.json ? note : print)(`deleted ${id}`);
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

function renderJson(orphans: readonly ServerListItem[]): string {
  const shown = orphans.map(({ id, name, createdAt }) => ({
    id,
    name,
    createdAt,
    import: importLine({ id, name }),
  }));
  return JSON.stringify(shown, null, 2);
}

function renderTable(orphans: readonly ServerListItem[], total: number): string {
  if (orphans.length === 0) return `None of the account's ${total} servers is an orphan.`;
  const rows = [
    ["ID", "NAME", "CREATED", "TO IMPORT IT"],
    ...orphans.map(({ id, name, createdAt = "" }) => [
      id,
      toPlainText(name),
      createdAt,
      importLine({ id, name }),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [
    ...lines,
    "",
    `${orphans.length} of the account's ${total} servers are in none of the given stacks.`,
    'In a TypeScript program, take one over with `adopt: "<id>"`, or several with `pulumi-postject import-file --form dynamic`.',
  ].join("\n");
}
