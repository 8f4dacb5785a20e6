import { credentials, Metadata } from "@grpc/grpc-js";
import type { Notice } from "../../lifecycle";
import { ENGINE_CHANNEL } from "./engine-channel";

/** The engine's log: what is written here is shown to the user, at the resource. */
export interface EngineLog {
  /** Resolves when the engine has taken the notices, or cannot take them: a log that fails must not fail the operation. */
  write(urn: string, notices: readonly Notice[]): Promise<void>;
}

/** How long the engine may take for a notice. It is on this machine; a preview must not hang if it does not respond. */
const DEADLINE_MS = 5_000;

export function createEngineLog(address: string | undefined): EngineLog {
  return {
    async write(urn, notices) {
      if (address === undefined || notices.length === 0) return;
      try {
        await send(address, urn, notices);
      } catch (error) {
        // The engine shows this in its debug log alone, which is the only place left.
        console.error(`postject: the engine did not take a notice: ${error}`);
      }
    },
  };
}

async function send(address: string, urn: string, notices: readonly Notice[]): Promise<void> {
  const { EngineClient, LogRequest, LogSeverity } = loadEngine();
  const client = new EngineClient(address, credentials.createInsecure(), ENGINE_CHANNEL);
  const deadline = Date.now() + DEADLINE_MS;
  try {
    for (const { severity, message } of notices) {
      const request = new LogRequest();
      request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
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
