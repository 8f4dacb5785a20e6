import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type Answer, refuse, refuseRoute } from "./answers";
import { controlRoutes } from "./control-routes";
import { readJson, type Target } from "./http";
import { findPage } from "./pages";
import type { Reference } from "./reference";
import { createRouter } from "./router";

/** A seed or snapshot of 100,000 servers has a third of that. */
const BODY_LIMIT_BYTES = 256 * 1024 * 1024;

export function isControlPath(path: string): boolean {
  return path === "/" || path.startsWith("/_reference/");
}

/** Answers requests for the control plane and the pages of a reference that listens under the name `host`. */
export function createControl(reference: Reference, host: string) {
  const findRoute = createRouter(controlRoutes);

  return async function answer(request: IncomingMessage, target: Target): Promise<Answer> {
    const { method = "GET" } = request;
    if (!mayControl(request, target.host, host))
      return refuse(
        403,
        "The control plane is for programs and its own pages: ask for it by its address, or by the name it listens on",
      );
    const page = findPage(method, target.path);
    if (page !== undefined) return page;
    const routing = findRoute(method, target.path);
    if (routing === undefined || "allow" in routing) return refuseRoute(method, target.path, routing);
    const route = controlRoutes[routing.route];
    const json = route.body === undefined ? undefined : await readJson(request, BODY_LIMIT_BYTES);
    return route.carryOut(reference, { id: routing.id, json, query: target.query });
  };
}

/**
 * Whether a request comes from a program, or from a page of this reference's own. The control plane asks for no token, so a
 * page of elsewhere in the user's browser must not reach it. Such a page gives itself away by its Origin, or, if its own name
 * was pointed at this machine (DNS rebinding), by a Host that is neither an address nor a name of ours.
 */
function mayControl({ headers }: IncomingMessage, host: string | undefined, ownName: string): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host ?? "")?.[1]?.toLowerCase() ?? "";
  const isAddress = isIP(name.replace(/^\[|\]$/g, "")) !== 0;
  const isOwn = isAddress || name === "localhost" || name === ownName.toLowerCase();
  return isOwn && (headers.origin === undefined || headers.origin === `http://${host}`);
}
