import { type Client, createClient, requireConfiguration } from "../client";
import { configurationKeys, namespaceOf } from "../spec";
import { readStackConfiguration } from "./states";

/** Opens the account that a command works on: of the first stack's configuration, or of the environment. */
export async function openAccount(options: {
  readonly stack?: string[] | undefined;
  readonly account?: string | undefined;
}): Promise<Client> {
  const { stack: [stack] = [], account } = options;
  const values = stack === undefined ? {} : await readStackConfiguration(stack);
  const read = (name?: string) =>
    Object.fromEntries(configurationKeys.map((key) => [key, values[`${namespaceOf(name)}:${key}`]]));
  const configuration = requireConfiguration({
    provider: read(),
    account: account === undefined ? undefined : { name: account, values: read(account) },
    env: process.env,
  });
  return createClient(configuration);
}
