import { credentials, Metadata } from "@grpc/grpc-js";
import { ENGINE_CHANNEL } from "./engine-channel";

/** The engine's log: what is written here is shown to the user, at the resource. */
export interface EngineLog {
  /** Resolves when the engine has taken the warnings, or cannot take them: a log that fails must not fail the operation. */
  warn(urn: string, messages: readonly string[]): Promise<void>;
}

/** How long the engine may take for a warning. It is on this machine; a preview must not hang if it does not respond. */
const DEADLINE_MS = 5_000;

export function createEngineLog(address: string | undefined): EngineLog {
  return {
    async warn(urn, messages) {
      if (address === undefined || messages.length === 0) return;
      try {
        await send(address, urn, messages);
      } catch (error) {
        // The engine shows this in its debug log alone, which is the only place left.
        console.error(`postject: the engine did not take a warning: ${error}`);
      }
    },
  };
}

async function send(address: string, urn: string, messages: readonly string[]): Promise<void> {
  const { EngineClient, LogRequest, LogSeverity } = loadEngine();
  const client = new EngineClient(address, credentials.createInsecure(), ENGINE_CHANNEL);
  const deadline = Date.now() + DEADLINE_MS;
  try {
    for (const message of messages) {
      const request = new LogRequest();
      request.setSeverity(LogSeverity.WARNING);
      request.setUrn(urn);
      request.setMessage(message);
      await new Promise<void>((done, fail) =>
        client.log(request, new Metadata(), { deadline }, (error) => (error ? fail(error) : done())),
      );
    }
  } finally {
    client.close();
  }
}

/** Loaded when there is something to warn of, which most runs have not; by `require`, since `import()` sees no names in it. */
function loadEngine() {
  const { EngineClient } =
    require("@pulumi/pulumi/proto/engine_grpc_pb") as typeof import("@pulumi/pulumi/proto/engine_grpc_pb");
  const { LogRequest, LogSeverity } =
    require("@pulumi/pulumi/proto/engine_pb") as typeof import("@pulumi/pulumi/proto/engine_pb");
  return { EngineClient, LogRequest, LogSeverity };
}
