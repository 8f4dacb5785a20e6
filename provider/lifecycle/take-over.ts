import { TakenServerError } from "./errors";
import type { Owner } from "./ownership";
import type { Run } from "./run";

/** Reads an existing server that the resource is to have from now on. Rejects if another resource has it. */
export async function takeOver<T>(run: Run, id: string, owner: Owner, look: () => Promise<T>): Promise<T> {
  const { inventory, ownership } = run;
  const refuseTaken = () => {
    if (ownership.hasOther(id, owner)) throw new TakenServerError(id, { at: "take-over" });
  };
  refuseTaken();
  // Before the request, so that a diff of the server's own resource which comes meanwhile finds out.
  ownership.announce(id, owner);
  return inventory.serialize("id", id, async () => {
    refuseTaken();
    const server = await look();
    refuseTaken();
    ownership.takeOver(id, owner);
    return server;
  });
}
