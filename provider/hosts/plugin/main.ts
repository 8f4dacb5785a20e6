import { fail, listen } from "./listen";

// The engine waits ten seconds for a plugin that has printed a port and cannot load.
try {
  require.resolve("@pulumi/pulumi/proto/provider_grpc_pb");
} catch {
  fail(
    "the npm package @pulumi/pulumi is missing; install it beside pulumi-postject: npm install @pulumi/pulumi",
  );
}

listen((listener) => {
  const { serve } = require("./serve") as typeof import("./serve");
  serve(listener);
});
