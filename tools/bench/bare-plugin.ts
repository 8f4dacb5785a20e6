import { Agent, request } from "node:http";
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  type CheckRequest,
  CheckResponse,
  type ConfigureRequest,
  ConfigureResponse,
  CreateResponse,
  DiffResponse,
  ProviderHandshakeResponse,
  ReadResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { SERVER } from "./sample-server";

// What the plugin is compared to, to see how much of the time is its own: it sends the same requests and hands on what they
// answer, without any logic. With BENCH_IDLE it sends none.

type Json = Parameters<typeof Struct.fromJavaScript>[0];

let endpoint = "";

const agent = new Agent({ keepAlive: true });

async function send(method: "GET" | "POST", path: string, body?: object): Promise<Json> {
  if (process.env.BENCH_IDLE !== undefined) return SERVER;
  const text = await new Promise<string>((done, fail) => {
    request(`${endpoint}${path}`, { method, agent, headers: { "content-type": "application/json" } })
      .on("error", fail)
      .on("response", (response) => {
        let received = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          received += chunk;
        });
        response.on("end", () => done(received));
      })
      .end(body && JSON.stringify(body));
  });
  return JSON.parse(text);
}

const unary =
  (answer: (call: ServerUnaryCall<unknown, unknown>) => object | Promise<object>): UntypedHandleCall =>
  async (call: ServerUnaryCall<unknown, unknown>, callback: (error: null, response: object) => void) =>
    callback(null, await answer(call));

const checked = new CheckResponse();
checked.setInputs(Struct.fromJavaScript({ name: "Server" }));

const getServer = async () => Struct.fromJavaScript(await send("GET", "/v1/servers/any"));

let baseline: Promise<unknown> | undefined;
let created = 0;

const methods: UntypedServiceImplementation = {
  handshake: unary(() => {
    const response = new ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    return response;
  }),
  getPluginInfo: unary(() => new PluginInfo()),
  checkConfig: unary(({ request: given }) => {
    const response = new CheckResponse();
    response.setInputs((given as CheckRequest).getNews());
    return response;
  }),
  diffConfig: unary(() => new DiffResponse()),
  configure: unary(({ request: given }) => {
    endpoint = String((given as ConfigureRequest).getArgs()?.toJavaScript().endpoint);
    const response = new ConfigureResponse();
    response.setAcceptsecrets(true);
    return response;
  }),
  check: unary(() => checked),
  create: unary(async () => {
    baseline ??= send("GET", "/v1/servers");
    await baseline;
    await send("POST", "/v1/servers", { name: "Server" });
    const response = new CreateResponse();
    response.setId(`bare-${created++}`);
    response.setProperties(await getServer());
    return response;
  }),
  read: unary(async () => {
    const response = new ReadResponse();
    response.setId("any");
    response.setProperties(await getServer());
    response.setInputs(Struct.fromJavaScript({ name: "Server" }));
    return response;
  }),
  delete: unary(() => new Empty()),
  cancel: unary(() => new Empty()),
};

const server = new Server();
server.addService(ResourceProviderService, methods);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, port) => console.log(port));
process.on("SIGINT", () => process.exit());
