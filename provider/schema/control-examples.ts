import type { controlRoutes } from "../reference/control-routes";
import type { Account, FaultRule, LoggedRequest, Seed, Snapshot, StoredServer } from "../reference/types";
import { VERSION } from "../spec";
import { examples } from "../spec/examples";

const accessToken = "<access token>";

const account: Account = { id: "acct_reference", plan: "professional" };
const server: StoredServer = { accountId: account.id, ...examples.getServer.response };
const snapshot: Snapshot = { formatVersion: 1, accounts: [account], servers: [server] };

const staging = { id: "acct_staging", plan: "scale", serverLimit: 25 } as const;
const seed: Seed = {
  accounts: [staging],
  servers: [
    { name: "Production App" },
    {
      name: "Staging",
      accountId: staging.id,
      streams: [{ name: "Weekly News", type: "broadcast" }],
    },
  ],
};

const fault: FaultRule = {
  route: "createServer",
  skip: 1,
  times: 2,
  outcome: { kind: "response", status: 503, headers: { "retry-after": "1" }, body: "busy" },
};

const now = server.createdAt;
const request: LoggedRequest = {
  at: now,
  method: "POST",
  path: "/v1/servers",
  route: "createServer",
  accountId: account.id,
  userAgent: `pulumi-postject/${VERSION}`,
  status: 201,
  fault: undefined,
  elapsedMs: 0.42,
};

/**
 * What the bodies of the control plane look like. Tools that send requests from the OpenAPI document start
 * with these, so each must succeed as it stands.
 */
export const controlExamples: Readonly<
  Record<keyof typeof controlRoutes, { readonly body?: object; readonly response?: object }>
> = {
  health: { response: { status: "ok" } },
  version: { response: { name: "postject-reference", version: VERSION } },
  reset: {},
  seed: { body: seed },
  snapshot: { response: snapshot },
  restore: { body: snapshot },
  accounts: { response: [account] },
  addAccount: { body: { plan: "starter" }, response: { id: "acct_1f0e9c", plan: "starter", accessToken } },
  mintAccessToken: { body: { expiresInSeconds: 3600 }, response: { accessToken } },
  addFault: { body: fault, response: fault },
  faults: { response: [{ ...fault, addedAt: now, seen: 1 }] },
  clearFaults: {},
  clock: { response: { now } },
  moveClock: { body: { advanceMs: 3_600_000 }, response: { now } },
  requests: { response: { count: 1, requests: [request] } },
  servers: { response: { count: 1, servers: [server] } },
  rename: { body: { name: "Production" } },
};
