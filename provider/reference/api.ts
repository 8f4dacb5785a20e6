import type { IncomingMessage } from "node:http";
import { type RouteName, routes } from "../spec";
import { messages } from "../spec/messages";
import type { AccessTokens } from "./access-tokens";
import type { createFaults } from "./faults";
import { readJson } from "./http";
import { operations } from "./operations";
import { type HttpResponse, orRefusal, refuse } from "./responses";
import { createRouter } from "./router";
import type { Store } from "./store";
import type { ActiveFault, Clock } from "./types";

export interface ApiOptions {
  readonly store: Store;
  readonly accessTokens: AccessTokens;
  readonly faults: ReturnType<typeof createFaults>;
  readonly clock: Clock;
}

/** A request's correct response, and what the log and the faults need to know. */
export interface Handled {
  readonly response: HttpResponse;
  readonly route?: RouteName;
  readonly accountId?: string;
  readonly fault?: ActiveFault | undefined;
}

/** Handles requests as Postject would. */
export function createApi({ store, accessTokens, faults, clock }: ApiOptions) {
  const findRoute = createRouter(routes);

  return async function handle(request: IncomingMessage, path: string): Promise<Handled> {
    const match = findRoute(request.method ?? "GET", path);
    if (match.route === undefined) return { response: match.refusal };
    const { route, id } = match;
    const fault = faults.take(route);
    const account = accessTokens.authenticate(request.headers.authorization);
    if ("refusal" in account)
      return { route, fault, response: refuse(401, account.refusal, { "www-authenticate": "Bearer" }) };
    const carryOut = async () => {
      const body = messages[route].body === undefined ? undefined : await readJson(request);
      if (fault?.commit === false) return refuse(500, "Not carried out");
      return operations[route]({ account, id, body, store, now: clock.now() });
    };
    return { route, fault, accountId: account.id, response: await orRefusal(carryOut()) };
  };
}
