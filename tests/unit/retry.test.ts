import {
  ApiError,
  hadNoEffect,
  NetworkError,
  ResponseMismatchError,
  TimeoutError,
} from "../../provider/client";
import {
  decideRetry,
  failureBackOff,
  parseHttpDate,
  parseRetryAfter,
  pauseMs,
  rateLimitBackOff,
} from "../../provider/client/retry";
import { routes } from "../../provider/spec";

const call = { method: "POST", path: "/v1/servers" } as const;
const response = (status: number, shape: "api" | "json" | "other" = "api") =>
  new ApiError(call, { status, shape, apiMessage: shape === "other" ? undefined : "no" });
const network = (mayHaveArrived: boolean, isTransient = true) =>
  new NetworkError(call, "http://x", { mayHaveArrived, isTransient, cause: new Error("x"), reason: "x" });

test.each([
  ["429", response(429), "unlimited", "unlimited"],
  ["a connection that was never made", network(false), "counted", "counted"],
  ["a certificate that is not trusted", network(false, false), "never", "never"],
  ["a connection that broke", network(true), "counted", "never"],
  ["a timeout", new TimeoutError(call, 1), "counted", "never"],
  ...[408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 530].map(
    (status) => [String(status), response(status, "other"), "counted", "never"] as const,
  ),
  ["501", response(501), "never", "never"],
  ["525, which is a certificate's fault", response(525), "never", "never"],
  ["400", response(400), "never", "never"],
  ["404", response(404), "never", "never"],
  ["an unreadable success", new ResponseMismatchError(call, 200, "x"), "never", "never"],
] as const)("how GET, DELETE and POST are retried after %s", (_, failure, idempotent, create) => {
  expect(decideRetry(routes.getServer, failure).retry).toBe(idempotent);
  expect(decideRetry(routes.deleteServer, failure).retry).toBe(idempotent);
  expect(decideRetry(routes.createServer, failure).retry).toBe(create);
});

test.each([
  ["a refusal by the API", response(400), true],
  ["a refusal in JSON of another shape", response(403, "json"), true],
  ["a 404 in JSON", response(404, "json"), true],
  ["401, whatever its body", response(401, "other"), true],
  ["429", response(429), true],
  ["429 of something before the API", response(429, "other"), true],
  ["a connection that was never made", network(false), true],
  ["an HTML 403", response(403, "other"), false],
  ["408", response(408), false],
  ["500", response(500), false],
  ["a redirect", response(302), false],
  ["a connection that broke", network(true), false],
  ["a timeout", new TimeoutError(call, 1), false],
  ["an unreadable success", new ResponseMismatchError(call, 201, "x"), false],
  ["an unknown error", new Error("x"), false],
])("whether a create is known to have had no effect after %s", (_, failure, isCertain) => {
  expect(hadNoEffect(failure)).toBe(isCertain);
});

const longest = () => 1;
const forever = { remainingMs: Number.POSITIVE_INFINITY };

test("the range of pauses doubles up to a maximum, and a pause may be any part of it", () => {
  expect([1, 2, 3, 9].map((attempt) => pauseMs(failureBackOff, attempt, forever, longest))).toEqual([
    250, 500, 1000, 8000,
  ]);
  expect(pauseMs(failureBackOff, 3, forever, () => 0)).toBe(0);
  expect(pauseMs(failureBackOff, 3, forever, () => 0.5)).toBe(500);
});

test("after 429 no pause is shorter than the floor, and the range grows with each 429", () => {
  expect([1, 2, 3, 9].map((attempt) => pauseMs(rateLimitBackOff, attempt, forever, longest))).toEqual([
    1200, 2200, 4200, 30_200,
  ]);
  expect(pauseMs(rateLimitBackOff, 9, forever, () => 0)).toBe(200);
  expect(pauseMs(rateLimitBackOff, 1, { ...forever, retryAfterMs: 0 }, () => 0)).toBe(200);
});

test("jitter comes on top of Retry-After, and never uses up the rest of the operation's time", () => {
  const pause = (remainingMs: number, random: () => number) =>
    pauseMs(rateLimitBackOff, 1, { retryAfterMs: 2000, remainingMs }, random);
  expect(pause(60_000, () => 0)).toBe(2000);
  expect(pause(60_000, () => 0.5)).toBe(2500);
  expect(pause(2100, longest)).toBe(2050);
  expect(pause(2000, () => 0)).toBeUndefined();
});

test.each([
  ["2", 2000],
  ["0", 0],
  ["Tue, 24 Nov 2026 00:00:05 GMT", 5000],
  ["Tue, 24 Nov 2026 00:00:00 GMT", 0],
  ["soon", undefined],
  ["-1", undefined],
  [undefined, undefined],
])("Retry-After %s", (value, ms) => {
  expect(parseRetryAfter(value, Date.UTC(2026, 10, 24))).toBe(ms);
});

test.each([
  ["Tue, 24 Nov 2026 00:00:05 GMT", Date.UTC(2026, 10, 24, 0, 0, 5)],
  ["Tue, nonsense", undefined],
  ["2026", undefined],
  [undefined, undefined],
])("the HTTP date %s", (value, ms) => {
  expect(parseHttpDate(value)).toBe(ms);
});

test("a message says how often a request was sent only if it was sent more than once", () => {
  const refusal = { status: 502, shape: "other" } as const;
  expect(new ApiError({ ...call, attempt: 1 }, refusal).message).toBe(
    "The API is not available (5xx, 408, 425). Run again later. The state is intact. (POST /v1/servers returned 502) [api-unavailable]",
  );
  expect(new ApiError({ ...call, attempt: 4 }, refusal).message).toContain(
    "(POST /v1/servers returned 502; tried 4 times)",
  );
});
