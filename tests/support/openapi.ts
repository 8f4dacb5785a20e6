import { readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { ROOT } from "../../tools/root";

// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema or a part of the document, walked as it comes
type Node = any;

export const DOCUMENT_FILE = path.join(ROOT, "provider/reference/openapi.json");

const document: Node = JSON.parse(readFileSync(DOCUMENT_FILE, "utf8"));

/** One operation of the document. */
export interface Operation {
  readonly method: string;
  /** With values for its parameters. */
  readonly path: string;
  /** The JSON Schema of its body, if it takes one. */
  readonly body: Node;
  /** What the document shows as its body. */
  readonly example: Node;
}

export const operations: readonly Operation[] = Object.entries<Node>(document.paths).flatMap(
  ([template, item]) =>
    Object.entries<Node>(item).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path: template.replace("{id}", "clx8f2k9a0001uy7z3g4h5j6k"),
      body: requestBody && inline(requestBody.content["application/json"].schema),
      example: requestBody?.content["application/json"].example,
    })),
);

/** Statuses with which Node.js itself refuses a request that it cannot read, without a body. */
const UNREADABLE = [400, 408, 417, 431];

/** How a response differs from what the document says; undefined if it does not. */
export function findDiscrepancy(
  request: { readonly method: string; readonly path: string },
  response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
): string | undefined {
  const { status, headers, body } = response;
  const isUnreadable = UNREADABLE.includes(status) && headers["content-type"] === undefined;
  if (request.method === "HEAD" || status === 204 || isUnreadable)
    return body === "" ? undefined : "it has a body";
  const responses = responsesOf(request);
  const described = inline(responses[status] ?? responses.default);
  const schema = described?.content?.["application/json"]?.schema;
  if (schema === undefined) return "the document describes no such response";
  if (!headers["content-type"]?.startsWith("application/json")) return "it is not JSON";
  const parsed = schemaOf(schema).safeParse(JSON.parse(body));
  return parsed.success ? undefined : z.prettifyError(parsed.error);
}

/** An operation's responses; for any other request, the one that stands for all refusals. */
function responsesOf({ method, path: requested }: { method: string; path: string }): Node {
  for (const [template, item] of Object.entries<Node>(document.paths)) {
    const pattern = new RegExp(`^${template.replaceAll(".", "\\.").replace("{id}", "[^/]+")}$`);
    const operation = item[method.toLowerCase()];
    if (operation && pattern.test(requested)) return operation.responses;
  }
  return { default: document.components.responses.Refusal };
}

const schemas = new Map<string, z.ZodType>();

function schemaOf(schema: Node): z.ZodType {
  const key = JSON.stringify(schema);
  const known = schemas.get(key) ?? z.fromJSONSchema(schema);
  schemas.set(key, known);
  return known;
}

/** A part of the document with its references resolved. */
function inline(node: Node): Node {
  if (Array.isArray(node)) return node.map(inline);
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string")
    return inline(
      node.$ref
        .slice(2)
        .split("/")
        .reduce((at: Node, key: string) => at[key], document),
    );
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inline(value)]));
}
