import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Client, createClient, startDeadline } from "../../provider/client";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** Listens on this machine and answers the port. */
async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

async function serve(listener: RequestListener): Promise<Client> {
  return connectTo(`http://127.0.0.1:${await listen(createServer(listener))}`);
}

function connectTo(endpoint: string): Client {
  return createClient({
    accessToken: "canary-token",
    endpoint,
    maxRetries: 3,
    requestTimeoutMs: 3000,
    random: () => 0,
  });
}

const list = (client: Client) => client.listServers(startDeadline(10_000));

test("headers of 200 KB are cut off", async () => {
  const client = await serve((_, response) =>
    response.writeHead(200, { big: "x".repeat(200_000) }).end("[]"),
  );
  await expect(list(client)).rejects.toThrow("headers are too large");
});

test("an answer of a gibibyte is cut off, and memory stays flat", async () => {
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
  await expect(list(client)).rejects.toThrow("[unexpected-answer]");
});

test("a host that no name server knows is tried four times and named", async () => {
  await expect(list(connectTo("https://postject.invalid"))).rejects.toThrow(
    /Cannot reach https:\/\/postject\.invalid: .*(ENOTFOUND|EAI_AGAIN).*\[network\]/,
  );
});

describe("with a proxy in the environment", () => {
  const saved = { ...process.env };

  afterEach(() => {
    for (const key of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]) {
      delete process.env[key];
      if (saved[key] !== undefined) process.env[key] = saved[key];
    }
  });

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
    const error = await list(connectTo("https://postject.invalid")).catch((caught: Error) => caught);
    expect(asked[0]).toBe("postject.invalid:443");
    expect(String(error)).toContain("[network]");
    expect(String(error)).not.toContain("canary");
  });

  test("NO_PROXY is honoured, and this machine is never asked for through it", async () => {
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

test("a certificate that is not trusted is refused at once; a custom CA is honoured", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-tls-"));
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      key,
      "-out",
      cert,
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=IP:127.0.0.1",
    ],
    { stdio: "ignore" },
  );
  let handshakes = 0;
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
    response.end("[]"),
  );
  server.on("connection", () => {
    handshakes += 1;
  });
  const endpoint = `https://127.0.0.1:${await listen(server as unknown as Server)}`;
  await expect(list(connectTo(endpoint))).rejects.toThrow(/self-signed certificate.*\[network\]/);
  expect(handshakes).toBe(1);
  const program = `const { createClient, startDeadline } = require(${JSON.stringify(path.resolve("dist/provider/client"))});
    createClient({ accessToken: "t", endpoint: ${JSON.stringify(endpoint)}, maxRetries: 0, requestTimeoutMs: 3000 })
      .listServers(startDeadline(5000)).then((servers) => console.log(JSON.stringify(servers)));`;
  const child = await new Promise<string>((done, fail) => {
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert };
    execFile(process.execPath, ["-e", program], { env, encoding: "utf8" }, (error, stdout) =>
      error ? fail(error) : done(stdout),
    );
  });
  expect(child.trim()).toBe("[]");
  rmSync(folder, { recursive: true, force: true });
});

test("a black hole ends at the deadline", async () => {
  const client = await serve(() => {});
  await expect(client.listServers(startDeadline(500))).rejects.toThrow("[timeout]");
});
