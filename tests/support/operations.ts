import { createClient } from "../../provider/client";
import * as lifecycle from "../../provider/lifecycle";

type Configuration = lifecycle.Run["configuration"];
type RunOptions = Parameters<typeof lifecycle.startRun>[0];
type Of<Operation extends (run: lifecycle.Run, request: never) => unknown> = Parameters<Operation>[1];

/**
 * The operations of one run of the provider: it knows nothing of runs before it. Pauses between retries are
 * as short as possible.
 */
export function startOperations(
  connection: Pick<Configuration, "accessToken" | "endpoint"> & Partial<Configuration>,
  options: Omit<RunOptions, "client" | "configuration"> & { sleep?: (ms: number) => Promise<void> } = {},
) {
  const configuration = { deletionProtection: false, maxRetries: 3, requestTimeoutMs: 5000, ...connection };
  const { sleep } = options;
  const client = createClient({ ...configuration, random: () => 0, ...(sleep && { sleep }) });
  const run = lifecycle.startRun({ client, configuration, ...options });
  return {
    check: (request: Of<typeof lifecycle.check>) => lifecycle.check(run, request),
    diff: (request: Of<typeof lifecycle.diff>) => lifecycle.diff(run, request),
    previewCreate: (request: Of<typeof lifecycle.previewCreate>) => lifecycle.previewCreate(run, request),
    create: (request: Omit<Of<typeof lifecycle.create>, "importHint">) =>
      lifecycle.create(run, { importHint: (id) => `take ${id}`, ...request }),
    read: (request: Omit<Of<typeof lifecycle.read>, "isImport">) =>
      lifecycle.read(run, { isImport: false, ...request }),
    import: (request: Omit<Of<typeof lifecycle.read>, "isImport" | "state">) =>
      lifecycle.read(run, { isImport: true, state: {}, ...request }),
    update: (request: Of<typeof lifecycle.update>) => lifecycle.update(run, request),
    delete: (request: Of<typeof lifecycle.delete>) => lifecycle.delete(run, request),
  };
}

export type Operations = ReturnType<typeof startOperations>;
