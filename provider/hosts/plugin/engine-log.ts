import { credentials } from "@grpc/grpc-js";
import type { Notice } from "../../lifecycle";

/** The engine's log: what is written here is shown to the user, at the resource. */
export interface EngineLog {
  /** Resolves when the engine has taken the warnings; a log that fails is no reason to fail. */
  write(urn: string, notices: readonly Notice[]): Promise<void>;
}

export function createEngineLog(address: string | undefined): EngineLog {
  return {
    async write(urn, notices) {
      if (address === undefined || notices.length === 0) return;
      const { EngineClient, LogRequest, LogSeverity } = loadEngine();
      const client = new EngineClient(address, credentials.createInsecure());
      for (const { severity, message } of notices) {
        const request = new LogRequest();
        request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
        request.setUrn(urn);
        request.setMessage(message);
        await new Promise<void>((done) => client.log(request, () => done()));
      }
      client.close();
    },
  };
}

/** Loaded when there is something to warn of, which most runs have not; by `require`, since `import()` sees no names in it. */
function loadEngine() {
  const { EngineClient } =
    require("@pulumi/pulumi/proto/engine_grpc_pb") as typeof import("@pulumi/pulumi/proto/engine_grpc_pb");
  const { LogRequest, LogSeverity } =
    require("@pulumi/pulumi/proto/engine_pb") as typeof import("@pulumi/pulumi/proto/engine_pb");
  return { EngineClient, LogRequest, LogSeverity };
}
