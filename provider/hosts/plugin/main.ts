import { Server, ServerCredentials } from "@grpc/grpc-js";
import { endWithEngine } from "../end-with-engine";
import { ENGINE_CHANNEL } from "../engine-channel";
import { resourceProviderService } from "./old-outputs";
import { createService } from "./service";
import { Session } from "./session";

/** How long operations may take once the process is told to stop: a create's response is worth the wait. */
const GRACE_MS = 10_000;

/** How long the last response may take to leave the process. */
const FLUSH_MS = 100;

const session = new Session(process.argv[2]);
const server = new Server(ENGINE_CHANNEL);
server.addService(resourceProviderService, createService(session));
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) {
    console.error(`postject: cannot listen: ${error.message}`);
    process.exit(1);
  }
  // The engine reads the port from the first line; stdout takes nothing else.
  console.log(port);
});

const exit = () => process.exit(0);
const stop = () => {
  session.abort();
  if (session.isIdle) exit();
  setTimeout(exit, GRACE_MS).unref();
  // The shutdown waits for the last response to be sent. It also waits for open connections, hence the limit.
  void session.idle().then(() => {
    server.tryShutdown(exit);
    setTimeout(exit, FLUSH_MS);
  });
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
endWithEngine(stop);
