import { AnswerMismatchError, ApiError, NetworkError, TimeoutError } from "../../provider/client";
import { backOff, didNothing, judge, parseRetryAfter, pauseMs } from "../../provider/client/retry";
import { routes } from "../../provider/spec";

const call = { method: "POST", path: "/v1/servers" } as const;
const answer = (status: number, apiMessage: string | undefined = "no") =>
  new ApiError(call, { status, apiMessage });
const network = (mayHaveArrived: boolean, mayPass = true) =>
  new NetworkError(call, "http://x", { mayHaveArrived, mayPass, cause: new Error("x"), reason: "x" });

test.each([
  ["429", answer(429), true, true],
  ["a connection that was never made", network(false), true, true],
  ["a certificate that is not trusted", network(false, false), false, false],
  ["a connection that broke", network(true), true, false],
  ["a timeout", new TimeoutError(call, 1), true, false],
  ["500", answer(500), true, false],
  ["502", answer(502), true, false],
  ["503", answer(503), true, false],
  ["504", answer(504), true, false],
  ["501", answer(501), false, false],
  ["400", answer(400), false, false],
  ["404", answer(404), false, false],
  ["an unreadable success", new AnswerMismatchError(call, 200, "x"), false, false],
])("after %s a GET is sent again: %#", (_, failure, get, post) => {
  expect(judge(routes.getServer, failure).again).toBe(get);
  expect(judge(routes.deleteServer, failure).again).toBe(get);
  expect(judge(routes.createServer, failure).again).toBe(post);
});

test.each([
  ["a refusal by the API", answer(400), true],
  ["429", answer(429), true],
  ["429 of something before the API", answer(429, undefined), true],
  ["a connection that was never made", network(false), true],
  ["a 4xx that is not the API's", new ApiError(call, { status: 403, apiMessage: undefined }), false],
  ["408", answer(408), false],
  ["500", answer(500), false],
  ["a redirect", answer(302), false],
  ["a connection that broke", network(true), false],
  ["a timeout", new TimeoutError(call, 1), false],
  ["an unreadable success", new AnswerMismatchError(call, 201, "x"), false],
  ["an error nobody knows", new Error("x"), false],
])("whether a create did nothing for certain after %s", (_, failure, certain) => {
  expect(didNothing(failure)).toBe(certain);
});

test("pauses double up to the longest, and each is drawn from nothing to that", () => {
  expect([1, 2, 3, 9].map((attempt) => pauseMs(attempt, () => 1))).toEqual([
    250,
    500,
    1000,
    backOff.longestMs,
  ]);
  expect(pauseMs(3, () => 0)).toBe(0);
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
