import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import * as z from "zod/mini";
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

/** A further name that the control plane is reached by, such as a container's. */
export const controlHost = z
  .string()
  .check(z.regex(/^[\w.-]+$/, "must be a host name alone, without scheme and port"));

/**
 * Answers requests for the control plane and the pages of a reference. It asks for no access token, so it refuses what a web
 * page in the user's browser could send: a request with a foreign Origin, and one for a host name that is neither `localhost`
 * nor one of `hosts`, because such a name may be a page's own that was pointed at this machine (DNS rebinding).
 */
export function createControl(reference: Reference, hosts: readonly string[]) {
  const findRoute = createRouter(controlRoutes);
  const ownNames = new Set(["localhost", ...hosts.map((host) => host.toLowerCase())]);

  return async function answer(request: IncomingMessage, target: Target): Promise<Answer> {
    const { method = "GET" } = request;
    if (!isOwnOrigin(request, target.host))
      return refuse(
        403,
        "The control plane refuses web pages of another origin: it is for programs and for its own pages",
      );
    const routing = findRoute(method, target.path);
    const isForAnyHost =
      routing !== undefined && "route" in routing && controlRoutes[routing.route].isForAnyHost === true;
    const name = nameOf(target.host);
    if (!isForAnyHost && !isAddress(name) && !ownNames.has(name))
      return refuse(
        403,
        `The control plane refuses requests for the host name ${JSON.stringify(name.slice(0, 256))}: use an address, or start ` +
          "the reference with that name as a control host (`--control-host`, `controlHosts`)",
      );
    const page = findPage(method, target.path);
    if (page !== undefined) return page;
    if (routing === undefined || "allow" in routing) return refuseRoute(method, target.path, routing);
    const route = controlRoutes[routing.route];
    const json = route.body === undefined ? undefined : await readJson(request, BODY_LIMIT_BYTES);
    return route.carryOut(reference, { id: routing.id, json, query: target.query });
  };
}

/** Whether a request comes from a program or from a page of this reference's own: a browser names the page's origin. */
function isOwnOrigin({ headers: { origin } }: IncomingMessage, host: string | undefined): boolean {
  return origin === undefined || origin === `http://${host}`;
}

/** The name in a Host header, without its port. */
function nameOf(host = ""): string {
  return /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1]?.toLowerCase() ?? "";
}

function isAddress(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, "")) !== 0;
}
