// A plugin without any logic, to tell the provider's own start from that of Node.js, gRPC and Pulumi's protocol.
require("node:module").enableCompileCache?.();
const { listen } = require("../../dist/provider/hosts/listen");

listen((listener) => {
  const { Server, ServerCredentials } = require("@grpc/grpc-js");
  const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
  const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");
  const server = new Server();
  server.addService(ResourceProviderService, {
    getPluginInfo: (_call, respond) => respond(null, new PluginInfo()),
  });
  const { injectConnection } = server.createConnectionInjector(ServerCredentials.createInsecure());
  listener.on("connection", injectConnection);
  process.stdin.resume().on("end", () => process.exit());
});
