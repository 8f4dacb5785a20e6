import { type Client, createClient } from "../client";
import { requireConfiguration, resolveConfiguration, sourcesOf } from "../settings";
import { readStackConfiguration } from "./states";

/** Opens the account that a command works on: of the first stack's configuration, or of the environment. */
export async function openAccount(options: {
  readonly stack?: string[] | undefined;
  readonly account?: string | undefined;
}): Promise<Client> {
  const { stack: [stack] = [], account } = options;
  const values = stack === undefined ? {} : await readStackConfiguration(stack);
  return createClient(requireConfiguration(resolveConfiguration(sourcesOf((key) => values[key], account))));
}
