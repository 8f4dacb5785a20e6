// A plugin without any logic, to tell what the provider itself takes from what Node.js, gRPC and Pulumi's
// protocol take. It lists the servers once, and sends one request for each operation.
require("node:module").enableCompileCache?.();
const http = require("node:http");
const { Server, ServerCredentials } = require("@grpc/grpc-js");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");
const { ConfigureResponse, CreateResponse, ReadResponse } = require("@pulumi/pulumi/proto/provider_pb");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb");

const agent = new http.Agent({ keepAlive: true });
let configuration;
let listed;

function send(method, path, body) {
  const { endpoint, accessToken } = configuration;
  const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
  return new Promise((done, fail) => {
    const request = http.request(endpoint + path, { method, agent, headers }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      done(JSON.parse(text));
    });
    request.on("error", fail).end(body && JSON.stringify(body));
  });
}

function toResponse(response, { id, ...state }) {
  response.setId(id);
  response.setProperties(Struct.fromJavaScript(state));
  return response;
}

const server = new Server();
server.addService(ResourceProviderService, {
  getPluginInfo: (_call, respond) => respond(null, new PluginInfo()),
  configure({ request }, respond) {
    configuration = request.getArgs().toJavaScript();
    respond(null, new ConfigureResponse());
  },
  async create({ request }, respond) {
    listed ??= send("GET", "/v1/servers");
    await listed;
    const { name } = request.getProperties().toJavaScript();
    respond(null, toResponse(new CreateResponse(), await send("POST", "/v1/servers", { name })));
  },
  async read({ request }, respond) {
    respond(null, toResponse(new ReadResponse(), await send("GET", `/v1/servers/${request.getId()}`)));
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, port) => console.log(port));
process.stdin.resume().on("end", () => process.exit());
