import { Server, ServerCredentials, type UntypedHandleCall } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { CheckResponse, ConfigureResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

// The peer of one Check: the same protocol and bytes, no logic.

const checked = new CheckResponse();
checked.setInputs(Struct.fromJavaScript({ name: "Server" }));

const answer =
  (message: object): UntypedHandleCall =>
  (_: unknown, callback: (error: null, response: object) => void) =>
    callback(null, message);

const { check, configure, cancel } = ResourceProviderService;
const server = new Server();
server.addService(
  { check, configure, cancel },
  { check: answer(checked), configure: answer(new ConfigureResponse()), cancel: answer(new Empty()) },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, port) => console.log(port));
process.on("SIGINT", () => process.exit());
