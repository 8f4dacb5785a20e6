import { STATUS_CODES } from "node:http";

/** A response before it is sent, of the API and of the control plane alike. */
export interface HttpResponse {
  readonly status: number;
  /** Bytes and strings are sent as they are, undefined as no body, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The reference cannot do what it was asked to. Over HTTP it becomes a response with this status. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    readonly reasons: string | string[],
  ) {
    super([reasons].flat().join("; "));
  }
}

/** A data file cannot be used or changed; the message says why and what to do. */
export class DataFileError extends Error {}

/** A response in the API's error shape. */
export function refuse(
  statusCode: number,
  message: string | string[],
  headers?: HttpResponse["headers"],
): HttpResponse {
  return { status: statusCode, body: { statusCode, message, error: STATUS_CODES[statusCode] }, headers };
}

/** The response to an error. Anything but a refusal is a 500, and is reported on stderr. */
export function responseTo(error: unknown): HttpResponse {
  if (error instanceof RefusedError) return refuse(error.status, error.reasons);
  const isExplained = error instanceof DataFileError;
  console.error(isExplained ? `postject-reference: ${error.message}` : error);
  return refuse(500, isExplained ? error.message : "Internal server error");
}
