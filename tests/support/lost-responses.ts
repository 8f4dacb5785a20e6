import type { FaultOutcome } from "../../provider/reference";

/** Every way in which the answer to a create can be lost, so that its outcome is unclear. */
export const lostResponses: [string, FaultOutcome][] = [
  ["a reset", { kind: "reset" }],
  ["silence", { kind: "hang" }],
  ["a cut answer", { kind: "truncate" }],
  ["a drip feed", { kind: "drip", ms: 50 }],
  ["500", { kind: "answer", status: 500, body: { statusCode: 500, message: "no" } }],
  ["502 in HTML", { kind: "answer", status: 502, body: "<html>" }],
  ["503 with Retry-After", { kind: "answer", status: 503, headers: { "retry-after": "1" }, body: "<html>" }],
  ["504", { kind: "answer", status: 504, body: "" }],
  ["an empty success", { kind: "answer", status: 201, body: "" }],
  ["an HTML success", { kind: "answer", status: 200, body: "<html>" }],
  ["a success of another shape", { kind: "answer", status: 201, body: { ok: true } }],
  ["a success without a body", { kind: "answer", status: 204 }],
  ["an HTML 403", { kind: "answer", status: 403, body: "<html>" }],
  [
    "a redirect",
    { kind: "answer", status: 302, headers: { location: "https://elsewhere.example/" }, body: "" },
  ],
  ["too large an answer", { kind: "huge", bytes: 64 * 1024 * 1024 }],
];
