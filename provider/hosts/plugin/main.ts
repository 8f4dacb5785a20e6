import { type AddressInfo, createServer } from "node:net";

// Listens on a free port of this machine and prints it; stdout takes nothing else. What answers is loaded after that, and
// is half of the start: the engine reads the port and connects in the meantime.

// The engine waits ten seconds for a plugin that has printed a port and cannot load.
try {
  require.resolve("@pulumi/pulumi/proto/provider_grpc_pb");
} catch {
  fail(
    "the npm package @pulumi/pulumi is missing; install it beside pulumi-postject: npm install @pulumi/pulumi",
  );
}

const listener = createServer();
listener.once("error", ({ message }) => fail(`cannot listen: ${message}`));
listener.listen(0, "127.0.0.1", () => {
  console.log((listener.address() as AddressInfo).port);
  const { serve } = require("./serve") as typeof import("./serve");
  serve(listener);
});

function fail(problem: string): never {
  console.error(`postject: ${problem}`);
  process.exit(1);
}
