/** One call of the API. Its bodies are in `messages.ts`, under the same key. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** `:id` stands for the server's id. */
  readonly path: string;
  /** Success statuses; the first is the one the contract names. The client reads every other 2xx alike. */
  readonly success: readonly [number, ...number[]];
  /** As in RFC 9110: sending a request twice has the same effect as once, so it is safe to retry. */
  readonly isIdempotent: boolean;
}

/** Every route in servers-api.txt; there are no others. */
export const routes = {
  createServer: { method: "POST", path: "/v1/servers", success: [201, 200], isIdempotent: false },
  listServers: { method: "GET", path: "/v1/servers", success: [200], isIdempotent: true },
  getServer: { method: "GET", path: "/v1/servers/:id", success: [200], isIdempotent: true },
  deleteServer: { method: "DELETE", path: "/v1/servers/:id", success: [200], isIdempotent: true },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof routes;

export const routeNames = Object.keys(routes) as RouteName[];
