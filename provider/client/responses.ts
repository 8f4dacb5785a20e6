import { type RouteName, routes } from "../spec";
import { type Call, type Refusal, ResponseMismatchError } from "./errors";
import { loadHttp } from "./load-http";
import type { Quote } from "./quote";
import { parseHttpDate, parseRetryAfter } from "./retry";
import type { HttpResponse } from "./transport";

/**
 * Parses at the door: unknown keys are dropped, missing ones are named. A response about another server than
 * the one asked for, as a cache that mixes responses up would give it, is rejected too.
 */
export function parseResponse(
  name: RouteName,
  call: Call,
  { status, text, header }: HttpResponse,
  id: string | undefined,
): unknown {
  // The contract knows no pages: a server that this one lacks would count as absent.
  if (name === "listServers" && (status === 206 || /\brel="?next\b/i.test(header("link") ?? "")))
    throw new ResponseMismatchError(call, status, "it is only a part of the list");
  const json = parseJson(text);
  if (json === undefined) throw new ResponseMismatchError(call, status, describeUnreadable(text, header));
  const parsed = loadHttp().readResponses[name].safeParse(json);
  if (parsed.success) {
    const { data } = parsed;
    if (id !== undefined && "id" in data && data.id !== id)
      throw new ResponseMismatchError(call, status, "it is about another server");
    return data;
  }
  const places = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "the whole body"}: ${message}`,
  );
  throw new ResponseMismatchError(call, status, places.slice(0, 3).join("; "), json);
}

function describeUnreadable(text: string, header: HttpResponse["header"]): string {
  if (text === "") return "it has no body";
  return header("content-encoding") === undefined
    ? "it is not JSON"
    : "it is compressed, although that was not asked for";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What can be read of a response that is not a success. */
export function readRefusal(
  { path }: Call,
  response: HttpResponse,
  endpoint: string,
  quote: Quote,
  now: number,
): Refusal {
  const { status, header } = response;
  const json = parseJson(response.text);
  const isObject = typeof json === "object" && json !== null;
  const documented = loadHttp().errorBody.safeParse(json);
  const isDocumented = documented.success && documented.data.statusCode === status;
  const message = isObject ? findMessage(json) : undefined;
  const respondedAt = parseHttpDate(header("date"));
  return {
    status,
    shape: isDocumented ? "api" : isObject ? "json" : "other",
    apiMessage: message === undefined ? undefined : quote(message),
    // A date is by the API's clock, which this machine's need not agree with.
    retryAfterMs: parseRetryAfter(header("retry-after"), respondedAt ?? now),
    respondedAt,
    hint: hintAtEndpoint(status, header("location"), path, endpoint),
  };
}

/** The message of an error body: the documented `message`, or what other APIs and gateways call it. */
function findMessage(body: object): string | undefined {
  const { message, error, detail, title } = body as Partial<Record<string, unknown>>;
  const nested = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  for (const candidate of [message, nested, detail, title]) {
    const texts = [candidate].flat().filter((text) => typeof text === "string" && text.trim() !== "");
    if (texts.length > 0) return texts.join("; ");
  }
  return undefined;
}

/** What a wrong `endpoint` looks like: a redirect, or a 404 that is not about a server. */
function hintAtEndpoint(
  status: number,
  location: string | undefined,
  path: string,
  endpoint: string,
): string | undefined {
  if (status >= 300 && status < 400 && location !== undefined)
    return `It redirects to ${redirectTarget(location, endpoint)}, which is not followed. Check \`endpoint\`.`;
  if (status !== 404) return undefined;
  if (/\/v1\/*$/.test(endpoint))
    return "Check `endpoint`: it ends with `/v1`, but it must be the base URL of the API, without `/v1`.";
  const isCollection = path === routes.listServers.path;
  return isCollection ? "Check `endpoint`: it must be the base URL of the API, without `/v1`." : undefined;
}

function redirectTarget(location: string, endpoint: string): string {
  return URL.canParse(location, endpoint) ? new URL(location, endpoint).host : "another address";
}
