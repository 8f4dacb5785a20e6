import { randomBytes } from "node:crypto";
import { type Reference, startReference } from "../../provider/reference";
import { configuration } from "../../provider/spec";

/** What the contract suite runs against. */
export interface ContractTarget {
  readonly url: string;
  readonly accessToken: string;
  /** The reference, where it is one; a live API cannot be looked into. */
  readonly reference: Reference | undefined;
  /** A server name that only this run uses. */
  name(purpose: string): string;
  /** Deletes the servers of this run, whatever became of its tests. */
  cleanUp(): Promise<void>;
  close(): Promise<void>;
}

/** Set by `npm run test:live` alone, after it was told that it may: a plain `npm test` never touches a live API. */
const isLive = process.env.POSTJECT_LIVE_RUN === "1";

/** Starts a reference, or connects to the live API if this run may use it. */
export async function openContractTarget(): Promise<ContractTarget> {
  const prefix = `pulumi-postject-contract-${randomBytes(4).toString("hex")}-`;
  const reference = isLive ? undefined : await startReference();
  const url = reference?.url ?? process.env.POSTJECT_LIVE_ENDPOINT ?? configuration.endpoint.default;
  const accessToken = reference?.accessToken ?? process.env.POSTJECT_LIVE_ACCESS_TOKEN ?? "";
  const headers = { authorization: `Bearer ${accessToken}` };
  return {
    url,
    accessToken,
    reference,
    name: (purpose) => prefix + purpose,
    async cleanUp() {
      const listed = await fetch(`${url}/v1/servers`, { headers });
      const servers = (await listed.json()) as { id: string; name: string }[];
      for (const { id } of servers.filter(({ name }) => name.startsWith(prefix)))
        await fetch(`${url}/v1/servers/${id}`, { method: "DELETE", headers });
    },
    close: async () => reference?.stop(),
  };
}
