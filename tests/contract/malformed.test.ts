import { maxHeaderSize } from "node:http";
import type { AddressInfo } from "node:net";
import { type Reference, startReference } from "../../provider/reference";
import { createHttpServer, readJson, send } from "../../provider/reference/http";
import { refuse } from "../../provider/reference/responses";
import { findFault, operations } from "../support/openapi";
import { sendRaw } from "../support/raw-http";

let reference: Reference;

beforeAll(async () => {
  reference = await startReference();
});

afterAll(() => reference.stop());

interface Malformed {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
}

const JSON_TYPE = "content-type: application/json";

/** Values that nothing in the document is. */
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

/** The path that a target stands for. */
const pathOf = (target: string) => target.replace(/^http:\/\/[^/]+/, "").replace(/\?.*/, "");

test("every malformed request that the document gives rise to is answered as the document says, and never with 5xx", async () => {
  const defects = jest.spyOn(console, "error").mockImplementation(() => {});
  const requests = [...malform()];
  const wrong: object[] = [];
  const statuses = new Set<number>();
  const send = async (request: Malformed) => {
    const answers = await sendRaw(reference.url, serialise(request));
    const [answer] = answers;
    const fault =
      answers.length !== 1 || answer === undefined
        ? `there are ${answers.length} answers`
        : answer.status >= 500
          ? "5xx"
          : findFault({ method: request.method, path: pathOf(request.path) }, answer);
    if (answer) statuses.add(answer.status);
    if (fault !== undefined)
      wrong.push({ fault, request: String(serialise(request)).slice(0, 300), answer: answer?.status });
  };
  for (let at = 0; at < requests.length; at += 50) await Promise.all(requests.slice(at, at + 50).map(send));
  expect(wrong).toEqual([]);
  expect(requests.length).toBeGreaterThan(200);
  for (const status of [400, 401, 403, 404, 405, 415, 417, 431]) expect(statuses).toContain(status);
  expect(defects).not.toHaveBeenCalled();
  defects.mockRestore();
  reference.reset();
  expect((await fetch(`${reference.url}/_reference/health`)).status).toBe(200);
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

test("pipelined requests are answered in their order", async () => {
  const [first, second, third] = await sendRaw(
    reference.url,
    get("/v1/servers") + get("/v1/servers/x") + get("/v1/servers"),
    3,
  );
  expect([first?.status, second?.status, third?.status]).toEqual([200, 404, 200]);
});

test("a good request is answered before the nonsense that follows it on the same connection", async () => {
  const answers = await sendRaw(reference.url, `${get("/v1/servers")}nonsense\r\n\r\n`);
  expect(answers.map(({ status }) => status)).toEqual([200, 400]);
});

test("a target in absolute form is the path that it names", async () => {
  const [answer] = await sendRaw(reference.url, get("http://anything.example/v1/servers"), 1);
  expect(answer?.status).toBe(200);
});

test("HTTP/1.1 without a Host is a 400, and HTTP/1.0 needs none", async () => {
  const [answer] = await sendRaw(reference.url, "GET /v1/servers HTTP/1.1\r\n\r\n", 1);
  expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("Host header is missing") });
  expect((await sendRaw(reference.url, "GET /v1/servers HTTP/1.0\r\n\r\n"))[0]?.status).toBe(401);
});

test("a body that is no UTF-8 is a 400, and nothing of it is kept", async () => {
  const body = Buffer.from('{"name":"caf\xe9"}', "latin1");
  const head = get("/v1/servers", JSON_TYPE, `content-length: ${body.length}`).replace("GET", "POST");
  const [answer] = await sendRaw(reference.url, Buffer.concat([Buffer.from(head), body]), 1);
  expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("not valid JSON") });
  expect(reference.servers()).toEqual([]);
});

test("CONNECT is a 405: this is no proxy", async () => {
  expect((await sendRaw(reference.url, "CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n"))[0]?.status).toBe(405);
});

test("HEAD has the headers of GET and no body", async () => {
  const [answer] = await sendRaw(
    reference.url,
    get("/v1/servers", "connection: close").replace("GET", "HEAD"),
  );
  expect(answer).toMatchObject({ status: 200, headers: { "content-length": "2" }, body: "" });
});

test("OPTIONS tells the methods of a path, and a wrong method is refused with them", async () => {
  for (const [method, status] of [
    ["OPTIONS", 204],
    ["PATCH", 405],
  ] as const) {
    const answer = await fetch(`${reference.url}/v1/servers`, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([status, "POST, GET, HEAD, OPTIONS"]);
  }
});

test.each([
  ["with its length given", "content-length: 50000000"],
  ["in chunks", "transfer-encoding: chunked"],
])(
  "a body that is too large, %s, is a 413 that arrives although the client goes on sending",
  async (_, header) => {
    const chunk = `${(100_000).toString(16)}\r\n${"x".repeat(100_000)}\r\n`;
    const head = get("/v1/servers", header, JSON_TYPE).replace("GET", "POST");
    const [answer] = await sendRaw(reference.url, head + chunk.repeat(50), 1);
    expect(answer?.status).toBe(413);
  },
);

test.each([
  ["head", "GET / HTTP/1.1\r\nhost: x\r\nx-slow: "],
  ["body", "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{"],
])("a request whose %s never ends is a 408, and its connection is closed", async (_, bytes) => {
  const server = createHttpServer(
    (request, response) =>
      readJson(request).then(
        () => {},
        ({ status, reasons }) => send(response, refuse(status, reasons)),
      ),
    { requestTimeoutMs: 200 },
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [answer] = await sendRaw(url, bytes);
  expect(answer).toMatchObject({ status: 408, body: expect.stringContaining('"statusCode":408') });
  server.close();
});
