import { maxHeaderSize } from "node:http";
import { connect } from "node:net";
import { useReference } from "../support/fixtures";
import { findDiscrepancy, operations } from "../support/openapi";
import { sendRaw } from "../support/raw-http";
import { control, send } from "../support/send";

const reference = useReference({ per: "file" });

interface Malformed {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
}

const JSON_TYPE = "content-type: application/json";

/** Values that no part of the document allows. */
const NONSENSE = ["null", "true", "5", "-1e999", '"\\u0000"', '"\\ud800"', "[[]]", '{"__proto__":{}}'];

function* malform(): Generator<Malformed> {
  for (const { method, path, body } of operations) {
    for (const wrong of ["PUT", "TRACE", "PROPFIND", "BREW", "get", "OPTIONS", "HEAD"])
      yield { what: "method", method: wrong, path };
    for (const trick of [
      `/${path}`,
      `${path}/`,
      `${path}/..`,
      `${path}/%2e%2e/servers`,
      `${path}%00`,
      `${path}%ff`,
      `${path}%`,
      `${path}\\`,
      `${path}?%ff=%&&=`,
      `http://127.0.0.1:1${path}`,
      `ftp://x${path}`,
      `${path}?${"x".repeat(10_000)}`,
      `${path}${"/x".repeat(5000)}`,
    ])
      yield { what: "path", method, path: trick };
    for (const headers of [
      ["authorization: Bearer"],
      ["authorization: Bearer a.b.c"],
      [`authorization: Bearer ${"x".repeat(8000)}`],
      ["authorization: \u00ff\u00fe"],
      ["content-length: 5", "content-length: 6"],
      ["content-length: -1"],
      ["content-length: 5", "transfer-encoding: chunked"],
      ["transfer-encoding: nonsense"],
      ["expect: nonsense"],
      ["connection: upgrade", "upgrade: nonsense"],
      ["host: elsewhere.example"],
      ["origin: http://elsewhere.example"],
      ["no colon"],
      [`x: ${"x".repeat(maxHeaderSize)}`],
    ])
      yield { what: `header ${headers[0]?.slice(0, 30)}`, method, path, headers, body: "{}" };
    if (body === undefined) continue;
    for (const type of [
      "text/plain",
      "application/jsonx",
      "multipart/form-data; boundary=x",
      "",
      "application/json;charset=utf-7",
    ])
      yield { what: `type ${type}`, method, path, headers: [`content-type: ${type}`], body: "{" };
    for (const bytes of [
      "",
      "{",
      "\u0000",
      "\ufeff{}x",
      "[".repeat(50_000),
      '{"a":'.repeat(10_000),
      Buffer.from([0x22, 0xc3, 0x28, 0x22]),
      Buffer.from('{"name":"\xff"}', "latin1"),
      ...NONSENSE,
    ])
      yield { what: "body", method, path, headers: [JSON_TYPE], body: bytes };
    for (const key of ["__proto__", "constructor", "nonsense", ...Object.keys(body.properties ?? {})])
      for (const value of NONSENSE)
        yield {
          what: `body ${key}`,
          method,
          path,
          headers: [JSON_TYPE],
          body: `{${JSON.stringify(key)}:${value}}`,
        };
  }
}

const serialise = ({ method, path, headers = [], body = "" }: Malformed): Buffer => {
  const has = (name: string) => headers.some((line) => line.startsWith(`${name}:`));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...(has("host") ? [] : ["host: 127.0.0.1"]),
    "connection: close",
    ...(has("authorization") ? [] : [`authorization: Bearer ${reference.accessToken}`]),
    ...(has("content-length") || has("transfer-encoding")
      ? []
      : [`content-length: ${Buffer.byteLength(body)}`]),
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), Buffer.from(body)]);
};

/** The path of a request target. */
const pathOf = (target: string) => target.replace(/^http:\/\/[^/]+/, "").replace(/\?.*/, "");

test("every malformed request derived from the document gets a response that the document describes, and never a 5xx", async () => {
  const errors = jest.spyOn(console, "error").mockImplementation(() => {});
  const requests = [...malform()];
  const wrong: object[] = [];
  const statuses = new Set<number>();
  const check = async (request: Malformed) => {
    const responses = await sendRaw(reference.url, serialise(request));
    const [response] = responses;
    const problem =
      responses.length !== 1 || response === undefined
        ? `it got ${responses.length} responses`
        : response.status >= 500
          ? "5xx"
          : findDiscrepancy({ method: request.method, path: pathOf(request.path) }, response);
    if (response) statuses.add(response.status);
    if (problem !== undefined)
      wrong.push({ problem, request: String(serialise(request)).slice(0, 300), status: response?.status });
  };
  for (let at = 0; at < requests.length; at += 50) await Promise.all(requests.slice(at, at + 50).map(check));
  expect(wrong).toEqual([]);
  expect(requests.length).toBeGreaterThan(200);
  for (const status of [400, 401, 403, 404, 405, 415, 417, 431]) expect(statuses).toContain(status);
  expect(errors).not.toHaveBeenCalled();
  errors.mockRestore();
  reference.reset();
  expect((await control(reference, "GET", "health")).status).toBe(200);
});

const get = (path: string, ...headers: string[]) =>
  [
    `GET ${path} HTTP/1.1`,
    "host: x",
    `authorization: Bearer ${reference.accessToken}`,
    ...headers,
    "",
    "",
  ].join("\r\n");

test("pipelined requests get their responses in order", async () => {
  const responses = await sendRaw(
    reference.url,
    get("/v1/servers") + get("/v1/servers/x") + get("/v1/servers"),
    3,
  );
  expect(responses.map(({ status }) => status)).toEqual([200, 404, 200]);
});

test("a request target may be a whole URL", async () => {
  const [response] = await sendRaw(reference.url, get("http://anything.example/v1/servers"), 1);
  expect(response?.status).toBe(200);
});

test("HTTP/1.1 requires a Host header, and HTTP/1.0 does not", async () => {
  const statusOf = async (bytes: string) => (await sendRaw(reference.url, bytes))[0]?.status;
  expect(await statusOf("GET /v1/servers HTTP/1.1\r\n\r\n")).toBe(400);
  expect(await statusOf("GET /v1/servers HTTP/1.0\r\n\r\n")).toBe(401);
});

test("a body that is not UTF-8 is a 400, and nothing of it is kept", async () => {
  const body = Buffer.from('{"name":"caf\xe9"}', "latin1");
  const head = get("/v1/servers", JSON_TYPE, `content-length: ${body.length}`).replace("GET", "POST");
  const [response] = await sendRaw(reference.url, Buffer.concat([Buffer.from(head), body]), 1);
  expect(response).toMatchObject({ status: 400, body: expect.stringContaining("not valid JSON") });
  expect(reference.servers()).toEqual([]);
});

test("a client that breaks off its request is logged without a status, and is no error", async () => {
  const errors = jest.spyOn(console, "error").mockImplementation(() => {});
  const head = get("/v1/servers", JSON_TYPE, "content-length: 100").replace("GET", "POST");
  const before = reference.requestCount();
  const socket = connect(Number(new URL(reference.url).port), "127.0.0.1", () => {
    socket.write(`${head}{"na`, () => socket.destroy());
  });
  while (reference.requestCount() === before) await new Promise((done) => setTimeout(done, 10));
  expect(reference.requests().at(-1)).toMatchObject({ method: "POST", status: undefined });
  expect(errors).not.toHaveBeenCalled();
  errors.mockRestore();
});

test("HEAD returns the headers of GET and no body", async () => {
  const [response] = await sendRaw(
    reference.url,
    get("/v1/servers", "connection: close").replace("GET", "HEAD"),
  );
  expect(response).toMatchObject({ status: 200, headers: { "content-length": "2" }, body: "" });
});

test("OPTIONS returns the methods of a path, and so does the refusal of any other method", async () => {
  for (const [method, status] of [
    ["OPTIONS", 204],
    ["PATCH", 405],
  ] as const) {
    const response = await send(reference, method, "/v1/servers");
    expect([response.status, response.headers.get("allow")]).toEqual([status, "POST, GET, HEAD, OPTIONS"]);
  }
});

test.each([
  ["with a content-length", "content-length: 5000000", "x".repeat(5_000_000)],
  [
    "in chunks",
    "transfer-encoding: chunked",
    `${`${(100_000).toString(16)}\r\n${"x".repeat(100_000)}\r\n`.repeat(50)}0\r\n\r\n`,
  ],
])("a body that is too large, %s, is a 413", async (_, header, body) => {
  const head = get("/v1/servers", header, JSON_TYPE).replace("GET", "POST");
  const [response] = await sendRaw(reference.url, head + body, 1);
  expect(response?.status).toBe(413);
});
