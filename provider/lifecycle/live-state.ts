import { toStreamState } from "../client";
import type { ServerInputs, ServerState } from "../spec";
import type { ServerResponse } from "../spec/messages";

/** The state of a server as the API shows it, with the settings that only the state remembers. */
export function liveState(
  server: ServerResponse,
  settings: Settings,
  accountId: string | undefined,
): ServerState {
  const { name, token, createdAt, streams } = server;
  return {
    name,
    token,
    createdAt,
    streams: streams.map(toStreamState),
    ...(accountId !== undefined && { accountId }),
    ...settingsOf(settings),
  };
}

/** The inputs that Postject knows nothing of: they live in the state alone. */
export type Settings = Pick<ServerInputs, "account" | "deletionProtection" | "allowDuplicateName">;

export function settingsOf({ account, deletionProtection, allowDuplicateName }: ServerInputs): Settings {
  return {
    ...(account !== undefined && { account }),
    ...(deletionProtection !== undefined && { deletionProtection }),
    ...(allowDuplicateName !== undefined && { allowDuplicateName }),
  };
}
