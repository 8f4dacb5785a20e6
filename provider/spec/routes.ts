/** One call of the API. Bodies and answers stand in `messages.ts`, under the same key. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** `:id` stands for the server's id. */
  readonly path: string;
  /** Statuses that mean success; the first is the one the contract names. */
  readonly success: readonly [number, ...number[]];
  /** Whether sending it a second time leaves the account as sending it once does. */
  readonly mayBeSentTwice: boolean;
}

/** Every route of servers-api.txt; there is no other. */
export const routes = {
  createServer: { method: "POST", path: "/v1/servers", success: [201, 200], mayBeSentTwice: false },
  listServers: { method: "GET", path: "/v1/servers", success: [200], mayBeSentTwice: true },
  getServer: { method: "GET", path: "/v1/servers/:id", success: [200], mayBeSentTwice: true },
  deleteServer: { method: "DELETE", path: "/v1/servers/:id", success: [200], mayBeSentTwice: true },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof routes;

export const routeNames = Object.keys(routes) as RouteName[];
