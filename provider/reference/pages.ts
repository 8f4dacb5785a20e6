import { readFileSync } from "node:fs";
import path from "node:path";
import type { Answer } from "./answers";

/** The files that are served as they are; the build lays them beside this module. */
const files: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "/": { file: "page.html", type: "text/html; charset=utf-8" },
  "/_reference/openapi.json": { file: "openapi.json", type: "application/json; charset=utf-8" },
  "/_reference/docs": { file: "docs.html", type: "text/html; charset=utf-8" },
  "/_reference/docs/swagger-ui-bundle.js": {
    file: "swagger-ui/swagger-ui-bundle.js",
    type: "text/javascript; charset=utf-8",
  },
  "/_reference/docs/swagger-ui.css": { file: "swagger-ui/swagger-ui.css", type: "text/css; charset=utf-8" },
};

/** Nothing is loaded from elsewhere, nothing is sent elsewhere, and no other page may frame one. */
const SECURITY_POLICY =
  "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'";

const read = new Map<string, Buffer>();

/** The page or file at a path, if there is one. */
export function findPage(method: string, urlPath: string): Answer | undefined {
  const page = Object.hasOwn(files, urlPath) ? files[urlPath] : undefined;
  if (page === undefined || !["GET", "HEAD"].includes(method)) return undefined;
  const body = read.get(page.file) ?? readFileSync(path.join(__dirname, page.file));
  read.set(page.file, body);
  return {
    status: 200,
    body,
    headers: {
      "content-type": page.type,
      "content-security-policy": SECURITY_POLICY,
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    },
  };
}
