import { Agent, request } from "node:http";
import type { Server as Listener } from "node:net";
import { Server, ServerCredentials, type ServerUnaryCall, type UntypedHandleCall } from "@grpc/grpc-js";
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
import { BARE_ID } from "./sample-server";

// What the plugin is compared to, to see how much of the time is its own.

type Json = Parameters<typeof Struct.fromJavaScript>[0];

/** Sends a request to the API and gives its answer. */
type Send = (url: string, method: "GET" | "POST", body?: object) => Promise<Json>;

export function sendOverHttp(): Send {
  const agent = new Agent({ keepAlive: true });
  return async (url, method, body) => {
    const text = await new Promise<string>((done, fail) => {
      request(url, { method, agent, headers: { "content-type": "application/json" } })
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
  };
}

/**
 * Serves Pulumi's protocol. Create and read send the requests that the plugin would send and hand on what they answer, without
 * any logic; a delete only makes room for the next round.
 */
export function serveBare(listener: Listener, send: Send): void {
  let servers = "";
  let created = 0;
  let baseline: Promise<unknown> | undefined;
  const getServer = async () => Struct.fromJavaScript(await send(`${servers}/any`, "GET"));
  const server = new Server();
  server.addService(ResourceProviderService, {
    handshake: unary(() => {
      const response = new ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),
    getPluginInfo: unary(() => new PluginInfo()),
    checkConfig: unary((request: CheckRequest) => {
      const response = new CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: unary(() => new DiffResponse()),
    configure: unary((request: ConfigureRequest) => {
      servers = `${request.getArgs()?.toJavaScript().endpoint}/v1/servers`;
      const response = new ConfigureResponse();
      response.setAcceptsecrets(true);
      return response;
    }),
    check: unary(() => checked),
    create: unary(async () => {
      baseline ??= send(servers, "GET");
      await baseline;
      await send(servers, "POST", { name: "Server" });
      const response = new CreateResponse();
      response.setId(`${BARE_ID}${created++}`);
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
  });
  listener.on(
    "connection",
    server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection,
  );
  process.on("SIGINT", () => process.exit());
  process.stdin.resume().on("end", () => process.exit());
}

const checked = new CheckResponse();
checked.setInputs(Struct.fromJavaScript({ name: "Server" }));

const unary =
  <Request>(answer: (request: Request) => object | Promise<object>): UntypedHandleCall =>
  async (call: ServerUnaryCall<Request, object>, callback: (error: null, response: object) => void) =>
    callback(null, await answer(call.request));
