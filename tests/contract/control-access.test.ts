import { request } from "node:http";
import { startReference } from "pulumi-postject/reference";
import { useReference } from "../support/fixtures";

const reference = useReference();

/** The status of a request with headers that `fetch` would not send. */
const statusWith = (headers: Record<string, string>, path: string, method = "POST", url = reference.url) =>
  new Promise((done, fail) =>
    request(url + path, { method, headers }, (response) => {
      response.resume();
      done(response.statusCode);
    })
      .on("error", fail)
      .end(),
  );

test.each([
  ["an address", { host: "127.0.0.1:1" }, 204],
  ["localhost", { host: "LOCALHOST:1" }, 204],
  ["one of its own pages", { host: "localhost:1", origin: "http://localhost:1" }, 204],
  ["a host name that points at this machine", { host: "rebound.example" }, 403],
  ["a page from elsewhere", { origin: "https://elsewhere.example" }, 403],
  ["a page on another port", { host: "localhost:1", origin: "http://localhost:2" }, 403],
  ["a sandboxed page", { origin: "null" }, 403],
])("a reset from %s, with %j, gets a %i", async (_, headers, status) => {
  reference.seed({ servers: [{ name: "A" }] });
  expect(await statusWith(headers, "/_reference/reset")).toBe(status);
  expect(reference.servers()).toHaveLength(status === 204 ? 0 : 1);
});

test("a control host is accepted like a name of its own, and no other name is", async () => {
  const { url, stop } = await startReference({
    host: "0.0.0.0",
    controlHosts: ["reference", "Other.Example"],
  });
  for (const [headers, status] of [
    [{ host: "reference:7678" }, 204],
    [{ host: "REFERENCE" }, 204],
    [{ host: "other.example:1" }, 204],
    [{ host: "reference:1", origin: "http://reference:1" }, 204],
    [{ host: "reference:1", origin: "http://elsewhere.example" }, 403],
    [{ host: "reference.example" }, 403],
  ] as const)
    expect([headers, await statusWith(headers, "/_reference/reset", "POST", url)]).toEqual([headers, status]);
  await stop();
});

test.each([["http://reference"], ["reference:7678"], [""], ["a b"]])(
  "%j is refused as a control host",
  async (name) => {
    await expect(startReference({ controlHosts: [name] })).rejects.toThrow(
      "must be a host name alone, without scheme and port",
    );
  },
);

test("health accepts any host name, as health checks need, but no page of another origin", async () => {
  const headers = { host: "reference:7678" };
  const path = "/_reference/health";
  expect(await statusWith(headers, path, "GET")).toBe(200);
  expect(await statusWith(headers, path, "HEAD")).toBe(200);
  expect(await statusWith({ ...headers, origin: "http://elsewhere.example" }, path, "GET")).toBe(403);
  for (const path of [
    "/",
    "/_reference/version",
    "/_reference/snapshot",
    "/_reference/docs",
    "/_reference/x",
  ])
    expect(await statusWith(headers, path, "GET")).toBe(403);
  expect(await statusWith(headers, "/_reference/health", "POST")).toBe(403);
});

test("without control there are no pages and no control plane", async () => {
  const closed = await startReference({ control: false });
  for (const path of ["/", "/_reference/health", "/_reference/docs", "/_reference/openapi.json"])
    expect((await fetch(closed.url + path)).status).toBe(404);
  await closed.stop();
});
