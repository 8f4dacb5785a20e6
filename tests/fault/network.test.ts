import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { type Client, createClient, hadNoEffect, isNotFound, startDeadline } from "../../provider/client";
import { getServers } from "../../provider/lifecycle";
import { mustRun } from "../../tools/workspace";

const servers: (Server | TlsServer)[] = [];
const folders: string[] = [];
const environment = { ...process.env };

afterEach(async () => {
  process.env = { ...environment };
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Listens on this machine and returns the port. */
async function listen(server: Server | TlsServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

interface ConnectOptions {
  readonly maxRetries?: number;
  readonly random?: () => number;
}

async function serve(listener: RequestListener, options?: ConnectOptions): Promise<Client> {
  return connectTo(`http://127.0.0.1:${await listen(createServer(listener))}`, options);
}

function connectTo(endpoint: string, options: ConnectOptions = {}): Client {
  return createClient({
    accessToken: "canary-token",
    endpoint,
    maxRetries: 3,
    requestTimeoutMs: 30_000,
    random: () => 0,
    ...options,
  });
}

/** A response of the API, as JSON unless it is text. */
interface Canned {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** A client of an API that gives these responses in order, repeating the last; and what the API was sent. */
async function respondWith(
  responses: readonly Canned[],
  options?: ConnectOptions,
): Promise<{ client: Client; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const client = await serve((request, response) => {
    const canned = responses[Math.min(requests.length, responses.length - 1)];
    const { status, body = "", headers } = canned ?? { status: 500 };
    requests.push(request);
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  }, options);
  return { client, requests };
}

/** A client of an API whose every response is this one. */
const clientOf = async (status: number, body: unknown = "") => (await respondWith([{ status, body }])).client;

const failureOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => {
      throw new Error("it succeeded");
    },
    (error: Error) => error,
  );

const list = (client: Client, timeoutMs = 60_000) => client.listServers(startDeadline({ timeoutMs }));
const get = (client: Client, id = "a") => client.getServer(id, startDeadline());
const create = (client: Client) => client.createServer({ name: "A" }, startDeadline());

const SERVER = {
  id: "a",
  name: "A",
  token: "pt_live_a",
  createdAt: "2026-11-24T00:00:00.000Z",
  streams: [{ id: "s", name: "S", type: "inbound" }],
};

test("headers of 200 KB are cut off", async () => {
  const client = await serve((_, response) =>
    response.writeHead(200, { big: "x".repeat(200_000) }).end("[]"),
  );
  await expect(list(client)).rejects.toThrow("headers are too large");
});

test("a response of a gibibyte is cut off, and memory stays flat", async () => {
  const chunk = Buffer.alloc(1024 * 1024, " ");
  const client = await serve((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    let left = 1024;
    const pump = () => {
      while (left-- > 0) if (!response.write(chunk)) return void response.once("drain", pump);
      response.end();
    };
    pump();
  });
  const before = process.memoryUsage().arrayBuffers;
  await expect(list(client)).rejects.toThrow("larger than 16 MiB");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(128 * 1024 * 1024);
});

test("JSON of a hundred thousand levels is an error like any other", async () => {
  const client = await serve((_, response) => response.end("[".repeat(100_000) + "]".repeat(100_000)));
  await expect(list(client)).rejects.toThrow("[unexpected-response]");
});

describe("a rate limit", () => {
  const slowDown = (retryAfter?: string): Canned => ({
    status: 429,
    body: { statusCode: 429, message: "slow down" },
    ...(retryAfter !== undefined && { headers: { "retry-after": retryAfter } }),
  });
  const empty: Canned = { status: 200, body: [] };

  test.each([["with", "1"] as const, ["without", undefined] as const])(
    "of 20 requests a second, %s Retry-After, lets 64 parallel requests through without hammering",
    async (_, retryAfter) => {
      let windowStart = 0;
      let taken = 0;
      let requests = 0;
      const limited: RequestListener = (_request, response) => {
        requests += 1;
        if (Date.now() - windowStart >= 1000) [windowStart, taken] = [Date.now(), 0];
        taken += 1;
        if (taken <= 20) return void response.end("[]");
        response.writeHead(429, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end();
      };
      const client = await serve(limited, { random: Math.random, maxRetries: 1 });
      const lists = await Promise.all(Array.from({ length: 64 }, () => list(client, 60_000)));
      expect(lists).toHaveLength(64);
      expect(requests).toBeLessThan(64 * 4);
    },
  );

  test("does not count as a retry, for a create or a read", async () => {
    const limited = Array.from({ length: 5 }, () => slowDown("0"));
    const created = await respondWith([...limited, { status: 201, body: SERVER }], { maxRetries: 0 });
    expect((await create(created.client)).id).toBe("a");
    expect(created.requests).toHaveLength(6);
    const read = await respondWith([...limited, { status: 503 }, ...limited, { status: 503 }, empty], {
      maxRetries: 2,
    });
    expect(await list(read.client)).toEqual([]);
    expect(read.requests).toHaveLength(13);
  });

  test("that asks for more time than is left fails at once and says how much it asks for", async () => {
    const { client, requests } = await respondWith([slowDown("3600")]);
    // A client that waited would still wait when the test's own time is up.
    await expect(list(client, 3_500_000)).rejects.toThrow(
      /"slow down". It asks for a pause of 3600 s\..*returned 429\) \[rate-limited\]/,
    );
    expect(requests).toHaveLength(1);
  });

  test("that ends at a date is waited out by the API's clock, not by this machine's", async () => {
    const date = (ms: number) => new Date(Date.UTC(2020, 0, 1) + ms).toUTCString();
    const headers = { date: date(0), "retry-after": date(1000) };
    const { client } = await respondWith([{ ...slowDown(), headers }, empty]);
    const started = performance.now();
    expect(await list(client)).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  test("that never ends is an error before the deadline, in the API's own words", async () => {
    const { client, requests } = await respondWith([slowDown()], { random: Math.random });
    const failure = await failureOf(list(client, 6000));
    expect(failure.message).toContain(`"slow down"`);
    expect(failure.message).toContain(`tried ${requests.length} times`);
    expect(requests.length).toBeGreaterThan(1);
    expect(requests.length).toBeLessThanOrEqual(6000 / 200);
  });

  test("holds back the client's other requests too, unless they have no time for it", async () => {
    const { client, requests } = await respondWith([slowDown("3"), empty]);
    const first = list(client);
    while (requests.length === 0) await new Promise((done) => setTimeout(done, 10));
    await new Promise((done) => setTimeout(done, 300));
    const started = performance.now();
    const second = list(client).then(() => performance.now() - started);
    expect(await list(client, 1500)).toEqual([]);
    await first;
    expect(await second).toBeGreaterThan(2000);
  });
});

test("a gateway that gives up waiting for a request is a passing failure of the API", async () => {
  const { client } = await respondWith([
    { status: 408, body: "<html>" },
    { status: 200, body: [] },
  ]);
  expect(await list(client)).toEqual([]);
  await expect(create(await clientOf(408, { message: "slow" }))).rejects.toThrow("[api-unavailable]");
});

test("a failure that is not retried does not claim to have been", async () => {
  const client = await clientOf(503);
  await expect(list(client)).rejects.toThrow("(GET /v1/servers returned 503; tried 4 times)");
  await expect(create(client)).rejects.toThrow("(POST /v1/servers returned 503)");
});

describe("a response", () => {
  test("is asked for without compression, and a byte order mark before it is skipped", async () => {
    const { client, requests } = await respondWith([{ status: 200, body: "\ufeff[]" }]);
    expect(await list(client)).toEqual([]);
    expect(requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  test("needs only what is used: a list its ids and names, a stream its id, name and type", async () => {
    const listed = await clientOf(200, [
      { id: "a", name: "A" },
      { ...SERVER, token: null },
    ]);
    expect((await list(listed))[0]).toMatchObject({ id: "a", name: "A" });
    expect(await get(await clientOf(200, { ...SERVER, region: "eu" }))).toEqual(SERVER);
    await expect(list(await clientOf(200, [{ id: "a" }]))).rejects.toThrow(
      /0\.name: .*\[unexpected-response\]/,
    );
  });

  test("without a token is an error that names the server, and only for a program that asks for it", async () => {
    const client = await clientOf(200, [
      SERVER,
      { id: "b", name: "B\u001b[31m", createdAt: SERVER.createdAt },
    ]);
    const lookUp = (args: { nameContains?: string }) => getServers(client, args, startDeadline());
    expect((await lookUp({ nameContains: "A" })).servers).toHaveLength(1);
    await expect(lookUp({})).rejects.toThrow(/shows no token for server "B" \(b\).*\[unexpected-response\]/);
  });

  test.each([
    ["is cut into pages", { link: '<https://x.example/v1/servers?page=2>; rel="next"' }, 200, "only a part"],
    ["is partial", {}, 206, "only a part of the list"],
    ["is compressed all the same", { "content-encoding": "gzip" }, 200, "compressed, although"],
    [
      "has links in two headers",
      {
        link: [
          '<https://x.example/v1/servers?page=1>; rel="prev"',
          '<https://x.example/v1/servers?page=3>; rel="next"',
        ],
      },
      200,
      "only a part",
    ],
  ])("to a list that %s is not believed", async (_, headers, status, problem) => {
    const body = "content-encoding" in headers ? gzipSync("[]").toString("latin1") : [];
    const { client } = await respondWith([{ status, headers, body }]);
    await expect(list(client)).rejects.toThrow(problem);
  });

  test("that lists a server twice is read as one", async () => {
    const client = await clientOf(200, [SERVER, { ...SERVER, id: "b" }, SERVER]);
    expect((await list(client)).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("about another server than the one asked for is not believed", async () => {
    const client = await clientOf(200, SERVER);
    await expect(get(client, "b")).rejects.toMatchObject({
      name: "ResponseMismatchError",
      message: expect.stringContaining("it is about another server"),
    });
    expect((await get(client)).id).toBe("a");
  });

  test.each([
    [202, ""],
    [204, ""],
    [200, ""],
    [200, "deleted"],
    [200, { ok: true }],
    [200, { id: "b" }],
  ])(
    "of %i to a delete that does not name the server is a success that has to be checked: %j",
    async (status, body) => {
      const client = await clientOf(status, body);
      await expect(client.deleteServer("a", startDeadline())).rejects.toMatchObject({
        name: "ResponseMismatchError",
      });
    },
  );

  test.each([200, 202])("of %i to a delete that names the server is a success", async (status) => {
    const client = await clientOf(status, { id: "a" });
    expect(await client.deleteServer("a", startDeadline())).toEqual({ id: "a" });
  });
});

describe("a refusal", () => {
  test.each([
    [{ statusCode: 400, message: "no good" }],
    [{ message: "no good" }],
    [{ message: ["no good"] }],
    [{ error: "no good" }],
    [{ error: { message: "no good", code: 7 } }],
    [{ detail: "no good" }],
    [{ type: "about:blank", title: "no good" }],
  ])("shows its message, and a create that gets it had no effect: %j", async (body) => {
    const failure = await failureOf(create(await clientOf(400, body)));
    expect(failure.message).toMatch(/^Postject says: "no good"\. .*\[bad-request\]$/);
    expect(hadNoEffect(failure)).toBe(true);
  });

  test("in JSON needs no message, but a page in HTML leaves a create unclear", async () => {
    const json = await failureOf(create(await clientOf(403, { code: 7 })));
    expect(json).toMatchObject({ message: expect.stringContaining("[forbidden]") });
    expect(hadNoEffect(json)).toBe(true);
    const html = await failureOf(create(await clientOf(403, "<html>")));
    expect(html).toMatchObject({ message: expect.stringContaining("[unexpected-response]") });
    expect(hadNoEffect(html)).toBe(false);
  });

  test.each(["", "<html>", { message: "expired" }, { statusCode: 401, message: "expired" }])(
    "with 401 is of the access token, whatever its body: %j",
    async (body) => {
      await expect(get(await clientOf(401, body))).rejects.toThrow("[unauthorized]");
    },
  );

  test.each([
    [{ statusCode: 404, message: "Server not found" }, true],
    [{ message: "Server not found" }, false],
    [{ statusCode: 400, message: "Server not found" }, false],
    [{ error: "Not Found" }, false],
    ["<html>", false],
  ])("with 404 proves nothing unless it is the API's own: %j", async (body, isProof) => {
    const client = await clientOf(404, body);
    expect(isNotFound(await failureOf(get(client)))).toBe(isProof);
    const own = await failureOf(list(client));
    expect(isNotFound(own)).toBe(false);
    expect(own.message).toMatch(/Check `endpoint`: it must be the base URL of the API, without `\/v1`/);
  });

  test("with 404 under a doubled /v1 points to `endpoint`, for every route", async () => {
    const refuse: RequestListener = (_, response) =>
      response.writeHead(404).end(JSON.stringify({ statusCode: 404, message: "Cannot GET /v1/v1/servers" }));
    const client = connectTo(`http://127.0.0.1:${await listen(createServer(refuse))}/v1`);
    for (const send of [list, get, create])
      await expect(send(client)).rejects.toThrow("Check `endpoint`: it ends with `/v1`");
  });

  test("reaches messages as one line of plain text, without the access token in any piece", async () => {
    const message = ["\u001b[2Jbad\nname\u202e", "canary-token pt_live_abc"];
    await expect(get(await clientOf(400, { message }))).rejects.toThrow(
      'Postject says: "bad name; [secret] [secret]".',
    );
  });

  test("tells the API's time, if it says so", async () => {
    const date = "Tue, 24 Nov 2026 00:00:05 GMT";
    const { client } = await respondWith([
      { status: 404, headers: { date } },
      { status: 404, headers: { date: "soon" } },
    ]);
    await expect(get(client)).rejects.toMatchObject({ respondedAt: Date.UTC(2026, 10, 24, 0, 0, 5) });
    await expect(get(client)).rejects.toMatchObject({ respondedAt: undefined });
  });
});

test("an unknown host is tried four times and named", async () => {
  await expect(list(connectTo("https://postject.invalid"))).rejects.toThrow(
    /Cannot reach https:\/\/postject\.invalid: .*(ENOTFOUND|EAI_AGAIN).*tried 4 times.*\[network\]/,
  );
});

describe("with a proxy in the environment", () => {
  async function startProxy(): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    return { url: `http://user:canary-password@127.0.0.1:${await listen(proxy)}`, asked };
  }

  test("it is used for other hosts, and its password is in no message", async () => {
    const { url, asked } = await startProxy();
    process.env.HTTPS_PROXY = url;
    const { message } = await failureOf(list(connectTo("https://postject.invalid")));
    expect(asked[0]).toBe("postject.invalid:443");
    expect(message).toContain("[network]");
    expect(message).not.toContain("canary");
  });

  test("NO_PROXY is honoured, and this machine is never reached through it", async () => {
    const { url, asked } = await startProxy();
    process.env.HTTPS_PROXY = url;
    process.env.HTTP_PROXY = url;
    process.env.NO_PROXY = "postject.invalid";
    await expect(list(connectTo("https://postject.invalid"))).rejects.toThrow("[network]");
    delete process.env.NO_PROXY;
    expect(await list(await serve((_, response) => response.end("[]")))).toEqual([]);
    expect(asked).toEqual([]);
  });
});

/** A self-signed certificate, and the file to trust it by; removed when the tests are over. */
function makeCertificate(): { key: Buffer; cert: Buffer; file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-tls-"));
  folders.push(folder);
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  const names = "subjectAltName=IP:127.0.0.1,DNS:api.postject.test";
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
  execFileSync("openssl", [...request, "-keyout", key, "-out", cert, "-addext", names], { stdio: "ignore" });
  return { key: readFileSync(key), cert: readFileSync(cert), file: cert };
}

/** What a list by the built client, as it is shipped, prints in a process of its own. */
async function listInBuild(endpoint: string, env: Readonly<Record<string, string>>): Promise<string> {
  const program = `const { createClient, startDeadline } = require(${JSON.stringify(path.resolve("dist/provider/client"))});
    createClient({ accessToken: "t", endpoint: ${JSON.stringify(endpoint)}, maxRetries: 0, requestTimeoutMs: 30000 })
      .listServers(startDeadline({ timeoutMs: 60000 })).then((servers) => console.log(JSON.stringify(servers)));`;
  return (await mustRun(process.execPath, ["-e", program], process.cwd(), env)).trim();
}

test("a certificate that is not trusted is refused at once; a custom CA is honoured", async () => {
  const { key, cert, file } = makeCertificate();
  let handshakes = 0;
  const server = createTlsServer({ key, cert }, (_, response) => response.end("[]"));
  server.on("connection", () => {
    handshakes += 1;
  });
  const endpoint = `https://127.0.0.1:${await listen(server)}`;
  await expect(list(connectTo(endpoint))).rejects.toThrow(/self-signed certificate.*\[network\]/);
  expect(handshakes).toBe(1);
  expect(await listInBuild(endpoint, { NODE_EXTRA_CA_CERTS: file })).toBe("[]");
});

test("the shipped client uses a proxy for https and http, but never for this machine", async () => {
  const { key, cert, file } = makeCertificate();
  const reply: RequestListener = (_, response) => response.end("[]");
  const tlsPort = await listen(createTlsServer({ key, cert }, reply));
  const port = await listen(createServer(reply));
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("[]");
  });
  proxy.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const tunnel = connect(request.url?.endsWith(":443") ? tlsPort : port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      tunnel.pipe(socket).pipe(tunnel);
    });
  });
  const url = `http://127.0.0.1:${await listen(proxy)}`;
  const env = { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: "", NODE_EXTRA_CA_CERTS: file };
  expect(await listInBuild("https://api.postject.test", env)).toBe("[]");
  expect(await listInBuild("http://reference.test", env)).toBe("[]");
  expect(asked).toEqual([
    expect.stringContaining("api.postject.test"),
    expect.stringContaining("reference.test"),
  ]);
  for (const host of ["127.0.0.1", "127.1", "LOCALHOST", "[::ffff:127.0.0.1]"])
    expect(await listInBuild(`http://${host}:${port}`, env)).toBe("[]");
  // Not every system resolves it; the proxy must not be asked to.
  await listInBuild(`http://localhost.:${port}`, env).catch(() => {});
  expect(asked).toHaveLength(2);
});

test("a black hole ends at the deadline", async () => {
  const client = await serve(() => {});
  await expect(list(client, 500)).rejects.toThrow("[timeout]");
});

test("a lasting rate limit is reported as such, even if each response is slow", async () => {
  const client = await serve((request, response) => {
    request.resume();
    setTimeout(() => response.writeHead(429).end(), 100);
  });
  const failures = await Promise.all(
    Array.from({ length: 20 }, () =>
      failureOf(client.createServer({ name: "A" }, startDeadline({ timeoutMs: 4000 }))),
    ),
  );
  for (const { message } of failures) expect(message).toContain("[rate-limited]");
});

describe("before there is a connection", () => {
  test.each([
    ["a proxy that says nothing to CONNECT", "HTTPS_PROXY"],
    ["a server that says nothing to a TLS handshake", ""],
  ])("%s ends at the deadline, and when the run is cancelled", async (_, variable) => {
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => void sockets.push(socket.on("error", () => {})));
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    const { port } = silent.address() as AddressInfo;
    if (variable !== "") process.env[variable] = `http://127.0.0.1:${port}`;
    const client = connectTo(variable === "" ? `https://127.0.0.1:${port}` : "https://postject.invalid");
    await expect(list(client, 700)).rejects.toThrow("[timeout]");
    const cancellation = new AbortController();
    const cancelled = client.listServers(
      startDeadline({ timeoutMs: 60_000, cancelled: cancellation.signal }),
    );
    setTimeout(() => cancellation.abort(), 200);
    await expect(cancelled).rejects.toThrow("[cancelled]");
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test("a proxy that refuses the tunnel had no effect: a create is not unclear", async () => {
    const proxy = createServer();
    proxy.on("connect", (_, socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    process.env.HTTPS_PROXY = `http://127.0.0.1:${await listen(proxy)}`;
    const client = connectTo("https://postject.invalid", { maxRetries: 1 });
    await expect(create(client)).rejects.toMatchObject({
      code: "network",
      mayHaveArrived: false,
      message: expect.not.stringContaining("tried"),
    });
  });
});
