import { randomBytes } from "node:crypto";
import { type Reference, startReference } from "pulumi-postject/reference";
import { configuration } from "../../provider/spec";

/** What the contract suite runs against. */
export interface ContractTarget {
  readonly url: string;
  readonly accessToken: string;
  /** The reference, if it is one; a live API cannot be inspected. */
  readonly reference: Reference | undefined;
  /** A server name that only this run uses. */
  name(purpose: string): string;
  /** Deletes this run's servers, whether its tests passed or not. */
  cleanUp(): Promise<void>;
  close(): Promise<void>;
}

/** Set only by `npm run test:live`, with the user's consent: a plain `npm test` never touches a live API. */
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
