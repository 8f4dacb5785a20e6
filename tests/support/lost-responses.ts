import type { FaultOutcome } from "../../provider/reference";

/** Every way in which the answer to a create can be lost, so that its outcome is unclear. */
export const lostResponses: [string, FaultOutcome][] = [
  ["a reset", { kind: "reset" }],
  ["silence", { kind: "hang" }],
  ["a cut answer", { kind: "truncate" }],
  ["a drip feed", { kind: "drip", ms: 50 }],
  ["500", { kind: "response", status: 500, body: { statusCode: 500, message: "no" } }],
  ["502 in HTML", { kind: "response", status: 502, body: "<html>" }],
  [
    "503 with Retry-After",
    { kind: "response", status: 503, headers: { "retry-after": "1" }, body: "<html>" },
  ],
  ["504", { kind: "response", status: 504, body: "" }],
  ["an empty success", { kind: "response", status: 201, body: "" }],
  ["an HTML success", { kind: "response", status: 200, body: "<html>" }],
  ["a success of another shape", { kind: "response", status: 201, body: { ok: true } }],
  ["a success without a body", { kind: "response", status: 204 }],
  ["an HTML 403", { kind: "response", status: 403, body: "<html>" }],
  [
    "a redirect",
    { kind: "response", status: 302, headers: { location: "https://elsewhere.example/" }, body: "" },
  ],
  ["too large an answer", { kind: "huge", bytes: 64 * 1024 * 1024 }],
];
