import type { IncomingMessage } from "node:http";
import { type RouteName, routes } from "../spec";
import { messages } from "../spec/messages";
import type { AccessTokens } from "./access-tokens";
import { type Answer, refuse, refuseRoute } from "./answers";
import type { Clock } from "./clock";
import type { ActiveFault, createFaults } from "./faults";
import { readJson } from "./http";
import { operations } from "./operations";
import { createRouter } from "./router";
import type { Store } from "./store";

/** What is known of a request while it is answered. */
export interface Seen {
  route?: RouteName;
  accountId?: string;
  fault?: ActiveFault;
}

export interface ApiOptions {
  readonly store: Store;
  readonly accessTokens: AccessTokens;
  readonly faults: ReturnType<typeof createFaults>;
  readonly clock: Clock;
}

/** Answers requests as Postject would, and notes in `seen` what the log and the faults need to know. */
export function createApi({ store, accessTokens, faults, clock }: ApiOptions) {
  const findRoute = createRouter(routes);

  return async function answer(request: IncomingMessage, path: string, seen: Seen): Promise<Answer> {
    const { method = "GET" } = request;
    const routing = findRoute(method, path);
    if (routing === undefined || "allow" in routing) return refuseRoute(method, path, routing);
    const { route, id } = routing;
    seen.route = route;
    const fault = faults.take(route);
    if (fault !== undefined) seen.fault = fault;
    const account = await accessTokens.authenticate(request.headers.authorization);
    if ("refusal" in account) return refuse(401, account.refusal, { "www-authenticate": "Bearer" });
    seen.accountId = account.id;
    const body = messages[route].body === undefined ? undefined : await readJson(request);
    if (fault?.commit === false) return refuse(500, "Not carried out");
    const done = operations[route]({ account, id, body, store, now: clock.now() });
    return fault?.outcome.kind === "stale" ? withoutNewer(done, fault.addedAt) : done;
  };
}

/** A list without the servers made after a time. */
function withoutNewer(answer: Answer, time: string): Answer {
  const servers = answer.body as { createdAt: string }[];
  return Array.isArray(servers)
    ? { ...answer, body: servers.filter(({ createdAt }) => createdAt < time) }
    : answer;
}
