import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { type AddressInfo, createServer, type Socket } from "node:net";
import path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { EngineClient, EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import {
  CheckRequest,
  CheckResponse,
  ConfigureRequest,
  CreateRequest,
  type CreateResponse,
  GetMappingsRequest,
  InvokeRequest,
  ListRequest,
  type ListResponse,
  ProviderHandshakeRequest,
  ReadRequest,
  type ReadResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { createEngineLog } from "../../provider/hosts/engine-log";
import { connectProvider, type ProviderClient } from "../../tools/provider-client";
import { ROOT } from "../../tools/root";
import { refuse, respond } from "../support/faults";
import { useReference } from "../support/fixtures";

const reference = useReference();
let plugin: ChildProcessWithoutNullStreams;
let client: ProviderClient;
let printed = "";

beforeEach(async () => {
  printed = "";
  plugin = spawn(path.join(ROOT, "pulumi-resource-postject"), ["127.0.0.1:1"]);
  plugin.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  await new Promise((done) => plugin.stdout.once("data", done));
  client = connectProvider(Number(printed));
  const request = new ConfigureRequest();
  request.setArgs(Struct.fromJavaScript({ endpoint: reference.url, accessToken: reference.accessToken }));
  await client.call(client.methods.configure, request);
});

afterEach(() => {
  plugin.kill("SIGKILL");
  client.close();
});

const exited = () => new Promise<number | null>((done) => plugin.once("exit", done));
const cancel = () => client.call(client.methods.cancel, new Empty());
const urnOf = (name: string, type = "postject:index:Server") => `urn:pulumi:dev::test::${type}::${name}`;

const create = (name: string, { timeoutSeconds = 0, urn = urnOf(name) } = {}) => {
  const request = new CreateRequest();
  request.setTimeout(timeoutSeconds);
  request.setUrn(urn);
  request.setProperties(Struct.fromJavaScript({ name }));
  return client.call<CreateRequest, CreateResponse>(client.methods.create, request);
};

const check = (olds: object, news: object, urn = urnOf("app")) => {
  const request = new CheckRequest();
  request.setUrn(urn);
  request.setOlds(Struct.fromJavaScript(olds as Record<string, string>));
  request.setNews(Struct.fromJavaScript(news as Record<string, string>));
  return client.call<CheckRequest, CheckResponse>(client.methods.check, request);
};

/** Waits until the API has received this many requests. */
async function received(count: number): Promise<void> {
  while (reference.requestCount() < count) await new Promise((done) => setTimeout(done, 10));
}

test("many operations of one run wait in parallel, and stderr stays empty", async () => {
  let said = "";
  plugin.stderr.on("data", (chunk) => {
    said += chunk;
  });
  reference.faults.add({
    route: "createServer",
    times: 20,
    commit: false,
    outcome: refuse(429, "slow down", { "retry-after": "1" }),
  });
  await Promise.all(Array.from({ length: 20 }, (_, index) => create(`server-${index}`)));
  expect(reference.servers()).toHaveLength(20);
  expect(said).toBe("");
});

test("stdout holds nothing but the port", async () => {
  await create("App");
  const end = exited();
  plugin.kill("SIGINT");
  await end;
  expect(printed).toMatch(/^\d+\n$/);
});

test("an idle process ends by itself after Cancel and SIGINT", async () => {
  await cancel();
  await cancel();
  const end = exited();
  plugin.kill("SIGINT");
  expect(await end).toBe(0);
});

test("a POST in flight is allowed to finish after Cancel and SIGINT, and its result is kept", async () => {
  reference.faults.add({ route: "createServer", outcome: { kind: "delay", ms: 700 } });
  const created = create("App");
  await received(2);
  await cancel();
  const end = exited();
  plugin.kill("SIGINT");
  expect((await created).getId()).toBe(reference.servers()[0]?.id);
  expect(await end).toBe(0);
});

test("Cancel ends a back-off at once, and the process serves another run", async () => {
  reference.faults.add({
    route: "listServers",
    times: 99,
    outcome: respond(503, "busy", { "retry-after": "60" }),
  });
  const refused = expect(create("App")).rejects.toThrow("[cancelled]");
  await received(1);
  await new Promise((done) => setTimeout(done, 300));
  await cancel();
  await refused;
  reference.faults.clear();
  expect((await create("App")).getId()).toBe(reference.servers()[0]?.id);
});

test("a plugin does not outlive its engine: it ends with the engine's pipe", async () => {
  const end = exited();
  plugin.stdin.end();
  expect(await end).toBe(0);
});

test("a create that has not sent its POST when the engine dies never sends it", async () => {
  reference.faults.add({ route: "listServers", outcome: { kind: "delay", ms: 800 } });
  const refused = create("App").catch((error: Error) => error);
  await received(1);
  const end = exited();
  plugin.stdin.end();
  await end;
  await refused;
  expect(reference.requests({ method: "POST" })).toEqual([]);
});

test("customTimeouts limit an operation", async () => {
  reference.faults.add({ route: "listServers", times: 9, outcome: { kind: "hang" } });
  await expect(create("App", { timeoutSeconds: 1 })).rejects.toThrow("[timeout]");
});

test("pages of a list follow each other, and an invalid continuation token is refused", async () => {
  for (const name of ["A", "B", "C"]) await create(name);
  const list = (continuationToken: string) =>
    new Promise<{ names: string[]; next: string }>((done, fail) => {
      const request = new ListRequest();
      request.setToken("postject:index:Server");
      request.setPageSize(2);
      request.setContinuationToken(continuationToken);
      const names: string[] = [];
      let next = "";
      client.methods
        .list(request)
        .on("data", (response: ListResponse) => {
          const name = response.getResult()?.getName();
          if (name !== undefined) names.push(name);
          next = response.getContinuation()?.getContinuationToken() ?? next;
        })
        .on("error", fail)
        .on("end", () => done({ names, next }));
    });
  const first = await list("");
  expect(first.names).toEqual(["A", "B"]);
  expect(await list(first.next)).toEqual({ names: ["C"], next: "" });
  await expect(list("abc")).rejects.toThrow("[bad-request]");
});

test("a server that does not exist is not an error where the engine only asks whether it exists", async () => {
  const { call, methods } = client;
  const read = (name: string, id: string) => {
    const request = new ReadRequest();
    request.setUrn(urnOf(name));
    request.setId(id);
    request.setProperties(new Struct());
    return call<ReadRequest, ReadResponse>(methods.read, request);
  };
  const id = (await create("App")).getId();
  expect((await read("__exists__1", id)).getId()).toBe(id);
  expect((await read("__exists__2", "nobody")).toObject()).toMatchObject({ id: "", properties: undefined });
  await expect(read("app", "nobody")).rejects.toThrow("does not exist");
});

test("a Check of a newer engine completes old inputs from the old outputs that come with it", async () => {
  const request = new CheckRequest();
  request.setUrn("urn:pulumi:dev::test::postject:index:Server::app");
  request.setOlds(new Struct());
  request.setNews(new Struct());
  const send = (serialize: (request: CheckRequest) => Buffer) =>
    new Promise<CheckResponse | undefined>((done, fail) =>
      client.methods.makeUnaryRequest(
        "/pulumirpc.ResourceProvider/Check",
        serialize,
        (bytes) => CheckResponse.deserializeBinary(bytes),
        request,
        (error, response) => (error ? fail(error) : done(response)),
      ),
    );
  const oldOutputs = Struct.fromJavaScript({ name: "Kept" }).serializeBinary();
  const known = (one: CheckRequest) => Buffer.from(one.serializeBinary());
  // Field 9, with its length before it.
  const withOutputs = (one: CheckRequest) =>
    Buffer.concat([known(one), Buffer.from([(9 << 3) | 2, oldOutputs.length]), oldOutputs]);
  expect((await send(known))?.getInputs()?.toJavaScript()).toMatchObject({
    name: expect.stringMatching(/^app-/),
  });
  expect((await send(withOutputs))?.getInputs()?.toJavaScript()).toEqual({ name: "Kept" });
});

test("a secret name that is kept from the old inputs stays secret, and is in no refusal", async () => {
  const secret = (value: string) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value,
  });
  const kept = await check({ name: secret("hush") }, {});
  expect(kept.getInputs()?.toJavaScript()).toEqual({ name: secret("hush") });
  const [failure] = (await check({ name: secret("hush") }, { name: secret("hum") })).getFailuresList();
  expect(failure?.getReason()).toContain("[secret]");
  expect(failure?.getReason()).not.toMatch(/hush|hum"/);
  const lookup = new InvokeRequest();
  lookup.setTok("postject:index:getServer");
  lookup.setArgs(Struct.fromJavaScript({ name: secret("hush") }));
  await expect(client.call(client.methods.invoke, lookup)).rejects.toThrow('no server named "[secret]"');
});

test("another type is refused by name, and nothing is sent for it", async () => {
  const urn = urnOf("app", "postject:index:Nonsense");
  const problem = "Unknown resource type postject:index:Nonsense";
  await expect(check({}, { name: "App" }, urn)).rejects.toThrow(problem);
  await expect(create("App", { urn })).rejects.toThrow(problem);
  expect(reference.requests()).toEqual([]);
});

test("Attach succeeds, and what the provider does not do is unimplemented", async () => {
  const { call, methods } = client;
  await call(methods.attach, new PluginAttach());
  await expect(call(methods.getMappings, new GetMappingsRequest())).rejects.toMatchObject({
    code: grpc.status.UNIMPLEMENTED,
  });
});

describe("the engine's log", () => {
  const protocol = () => ({ grpc, EngineClient, LogRequest, LogSeverity });
  const notices = [{ severity: "warning", message: "The plan allows 1 server" }] as const;

  // Where the failure of a log is told.
  beforeEach(() => void jest.spyOn(console, "error").mockImplementation());
  afterEach(() => jest.restoreAllMocks());

  test("a log that cannot be reached fails nothing", async () => {
    await createEngineLog("no address: at all", protocol).write("urn", notices);
    await createEngineLog("127.0.0.1:1", protocol).write("urn", notices);
  });

  test("a log that accepts a connection and says nothing is given up once for all notices", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    const { port } = silent.address() as AddressInfo;
    const started = Date.now();
    // It waits for five seconds: far more, if it did so for each.
    await createEngineLog(`127.0.0.1:${port}`, protocol).write("urn", Array(20).fill(notices[0]));
    expect(Date.now() - started).toBeLessThan(60_000);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test("a long wait is shown at its resource while it lasts", async () => {
    const logged: LogRequest.AsObject[] = [];
    const engine = new grpc.Server();
    engine.addService(EngineService, {
      log: ({ request }: { request: LogRequest }, respond: (error: null, response: Empty) => void) => {
        logged.push(request.toObject());
        respond(null, new Empty());
      },
    });
    const port = await new Promise((done) =>
      engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, bound) => done(bound)),
    );
    const handshake = new ProviderHandshakeRequest();
    handshake.setEngineAddress(`127.0.0.1:${port}`);
    await client.call(client.methods.handshake, handshake);
    reference.faults.add({
      route: "createServer",
      commit: false,
      outcome: refuse(429, "slow down", { "retry-after": "4" }),
    });
    await create("App");
    engine.forceShutdown();
    expect(logged).toEqual([
      expect.objectContaining({
        urn: urnOf("App"),
        message: expect.stringMatching(/^Waiting [45] s before the next attempt of POST/),
        ephemeral: true,
      }),
    ]);
  });
});
