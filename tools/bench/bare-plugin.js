// A plugin without any logic, to tell the provider's own start from that of Node.js, gRPC and Pulumi's protocol.
require("node:module").enableCompileCache?.();
const { Server, ServerCredentials } = require("@grpc/grpc-js");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");

const server = new Server();
server.addService(ResourceProviderService, {
  getPluginInfo: (_call, respond) => respond(null, new PluginInfo()),
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, port) => console.log(port));
process.stdin.resume().on("end", () => process.exit());
