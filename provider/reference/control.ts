import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import path from "node:path";
import { type ControlRoute, controlRoutes } from "./control-routes";
import { readJson, type readTarget } from "./http";
import { type HttpResponse, refuse } from "./responses";
import { createRouter } from "./router";
import { parse } from "./shapes";
import type { Reference } from "./types";

/** Three times the size of a snapshot of 100,000 servers. */
const BODY_LIMIT_BYTES = 256 * 1024 * 1024;

/** Files served as they are, which the build puts beside this module. */
const pages = new Map([
  ["/", { file: "page.html", type: "text/html; charset=utf-8" }],
  ["/_reference/docs", { file: "docs.html", type: "text/html; charset=utf-8" }],
  ["/_reference/openapi.json", { file: "openapi.json", type: "application/json; charset=utf-8" }],
]);

/** Nothing is loaded from elsewhere, nothing is sent elsewhere, and no other page may frame one. */
const SECURITY_POLICY =
  "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'";

export function isControlPath(urlPath: string): boolean {
  return urlPath === "/" || urlPath.startsWith("/_reference/");
}

/**
 * Handles requests for a reference's control plane and pages. Since it requires no access token, it refuses
 * what a web page in the user's browser could send: requests with a foreign Origin, and requests for a host
 * name that is neither `localhost` nor one of `hosts`, because such a name may belong to a page that was
 * pointed at this machine (DNS rebinding).
 */
export function createControl(reference: Reference, hosts: readonly string[]) {
  const findRoute = createRouter(controlRoutes);
  const ownNames = new Set(["localhost", ...hosts.map((host) => host.toLowerCase())]);

  return async function handle(
    request: IncomingMessage,
    { path, query }: ReturnType<typeof readTarget>,
  ): Promise<HttpResponse> {
    const { method = "GET", headers } = request;
    // A browser names a page's origin; other programs send none.
    if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)
      return refuse(
        403,
        "The control plane refuses web pages of another origin: it is for programs and for its own pages",
      );
    const match = findRoute(method, path);
    const isForAnyHost = match.route !== undefined && controlRoutes[match.route].isForAnyHost;
    const name = nameOf(headers.host);
    if (!isForAnyHost && !isAddress(name) && !ownNames.has(name))
      return refuse(
        403,
        `The control plane refuses requests for the host name ${JSON.stringify(name.slice(0, 256))}: use an address, or start ` +
          "the reference with that name as a control host (`--control-host`, `controlHosts`)",
      );
    const page = pages.get(path);
    if (page !== undefined && ["GET", "HEAD"].includes(method)) return readPage(page);
    if (match.route === undefined) return match.refusal;
    const route: ControlRoute = controlRoutes[match.route];
    const result = await route.carryOut(reference, {
      id: match.id,
      body: route.body && parse(route.body, await readJson(request, BODY_LIMIT_BYTES), "the body"),
      query: route.query && parse(route.query, Object.fromEntries(new URLSearchParams(query)), "the query"),
    });
    if (route.response === undefined) return { status: route.status };
    // Indented, for people and `diff`.
    const body = `${JSON.stringify(result, null, 2)}\n`;
    return { status: route.status, body, headers: { "content-type": "application/json; charset=utf-8" } };
  };
}

function readPage({ file, type }: { readonly file: string; readonly type: string }): HttpResponse {
  return {
    status: 200,
    body: readFileSync(path.join(__dirname, file)),
    headers: {
      "content-type": type,
      "content-security-policy": SECURITY_POLICY,
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    },
  };
}

/** The name in a Host header, without its port. */
function nameOf(host = ""): string {
  return /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1]?.toLowerCase() ?? "";
}

function isAddress(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, "")) !== 0;
}
