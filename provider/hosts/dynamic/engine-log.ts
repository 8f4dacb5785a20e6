import type { Notice } from "../../lifecycle";

/** The address of the engine, which it gives the host process as its first argument. */
const [, , engineAddress] = process.argv;

/**
 * Shows notices to the user, at the stack: the host is told no URN. The engine's client is the one of Pulumi's own host process,
 * whatever copies the program brings along. A log that fails is no reason to fail.
 */
export async function logToEngine(notices: readonly Notice[]): Promise<void> {
  const host = require.main;
  if (notices.length === 0 || engineAddress === undefined || !host?.filename.includes("dynamic-provider"))
    return;
  try {
    const { credentials } = host.require("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    const { EngineClient } = host.require(
      "../../proto/engine_grpc_pb",
    ) as typeof import("@pulumi/pulumi/proto/engine_grpc_pb");
    const { LogRequest, LogSeverity } = host.require(
      "../../proto/engine_pb",
    ) as typeof import("@pulumi/pulumi/proto/engine_pb");
    const client = new EngineClient(engineAddress, credentials.createInsecure());
    for (const { severity, message } of notices) {
      const request = new LogRequest();
      request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
      request.setMessage(message);
      await new Promise<void>((done) => client.log(request, () => done()));
    }
    client.close();
  } catch {
    // The notice is lost; the operation it is about is not.
  }
}
