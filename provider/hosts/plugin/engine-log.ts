import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** The engine's log: what is written here is shown to the user, at the resource. */
export interface EngineLog {
  /** Resolves when the engine has taken the warnings; a log that fails is no reason to fail. */
  warn(urn: string, messages: readonly string[]): Promise<void>;
}

export function createEngineLog(address: string | undefined): EngineLog {
  let client: EngineClient | undefined;
  return {
    async warn(urn, messages) {
      if (address === undefined) return;
      for (const message of messages) {
        client ??= new EngineClient(address, credentials.createInsecure());
        const request = new LogRequest();
        request.setSeverity(LogSeverity.WARNING);
        request.setUrn(urn);
        request.setMessage(message);
        await new Promise<void>((done) => client?.log(request, () => done()));
      }
    },
  };
}
