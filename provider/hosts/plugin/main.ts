import { fstatSync } from "node:fs";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { createProvider } from "./provider";

/** How long an operation under way may still take when the process is told to stop: a create's answer is worth waiting for. */
const GRACE_MS = 10_000;

/** Larger than any state: the engine's own bound. */
const MESSAGE_LIMIT_BYTES = 400 * 1024 * 1024;

/** Serves the provider on a free port of this machine and prints the port; stdout takes nothing else. */
function main(): void {
  const provider = createProvider(process.argv[2]);
  const server = new Server({
    "grpc.max_receive_message_length": MESSAGE_LIMIT_BYTES,
    "grpc.max_send_message_length": MESSAGE_LIMIT_BYTES,
  });
  server.addService(ResourceProviderService, provider.service);
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      console.error(`postject: cannot listen: ${error.message}`);
      process.exit(1);
    }
    console.log(port);
  });

  const stop = () => {
    setTimeout(() => process.exit(0), GRACE_MS).unref();
    void provider.idle().then(() => process.exit(0));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // A killed engine sends no signal. Started as an executable, the plugin has a pipe to it that then ends; a language host
  // gives /dev/null, whose end means nothing.
  if (fstatSync(0).isFIFO()) process.stdin.resume().on("end", stop);
}

main();
