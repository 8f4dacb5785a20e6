import { STATUS_CODES } from "node:http";

export interface Answer {
  readonly status: number;
  /** Bytes and strings are sent as they are, undefined as nothing, anything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was asked of the reference cannot be done; over HTTP it is an answer of this status. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    readonly reasons: string | string[],
  ) {
    super([reasons].flat().join("; "));
  }
}

/** An answer in the API's error shape. */
export function refuse(
  statusCode: number,
  message: string | string[],
  headers?: Readonly<Record<string, string>>,
): Answer {
  return {
    status: statusCode,
    body: { statusCode, message, error: STATUS_CODES[statusCode] ?? "Error" },
    ...(headers && { headers }),
  };
}

/** The answer to a method or path that no table of routes has. */
export function refuseRoute(
  method: string,
  path: string,
  routing: { readonly allow: readonly string[] } | undefined,
): Answer {
  const what = `Cannot ${method} ${path.slice(0, 256)}`;
  if (routing === undefined) return refuse(404, what);
  const headers = { allow: routing.allow.join(", ") };
  return method === "OPTIONS" ? { status: 204, body: undefined, headers } : refuse(405, what, headers);
}
