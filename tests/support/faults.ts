import type { FaultOutcome } from "../../provider/reference";

/** A canned response in place of the correct one. */
export const respond = (
  status: number,
  body: unknown = "",
  headers?: Readonly<Record<string, string>>,
): FaultOutcome => ({ kind: "response", status, body, headers });

/** An error in the API's own form. */
export const refuse = (status: number, message = "no", headers?: Readonly<Record<string, string>>) =>
  respond(status, { statusCode: status, message }, headers);

/** Every way to lose the response to a create, which leaves its outcome unclear. */
export const lostResponses: [string, FaultOutcome][] = [
  ["a reset", { kind: "reset" }],
  ["silence", { kind: "hang" }],
  ["a truncated response", { kind: "truncate" }],
  ["a drip feed", { kind: "drip", ms: 50 }],
  ["500", refuse(500)],
  ["502 in HTML", respond(502, "<html>")],
  ["503 with Retry-After", respond(503, "<html>", { "retry-after": "1" })],
  ["504", respond(504)],
  ["an empty success", respond(201)],
  ["an HTML success", respond(200, "<html>")],
  ["a success of another shape", respond(201, { ok: true })],
  ["a success without a body", respond(204)],
  ["an HTML 403", respond(403, "<html>")],
  ["a redirect", respond(302, "", { location: "https://elsewhere.example/" })],
  ["an oversized response", { kind: "huge", bytes: 64 * 1024 * 1024 }],
];
