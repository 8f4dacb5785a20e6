import { credentials } from "@grpc/grpc-js";

/** The engine's log: what is written here is shown to the user, at the resource. */
export interface EngineLog {
  /** Resolves when the engine has taken the warnings; a log that fails is no reason to fail. */
  warn(urn: string, messages: readonly string[]): Promise<void>;
}

export function createEngineLog(address: string | undefined): EngineLog {
  return {
    async warn(urn, messages) {
      if (address === undefined || messages.length === 0) return;
      // Loaded here: most runs have nothing to warn of.
      const { EngineClient } = await import("@pulumi/pulumi/proto/engine_grpc_pb.js");
      const { LogRequest, LogSeverity } = await import("@pulumi/pulumi/proto/engine_pb.js");
      const client = new EngineClient(address, credentials.createInsecure());
      for (const message of messages) {
        const request = new LogRequest();
        request.setSeverity(LogSeverity.WARNING);
        request.setUrn(urn);
        request.setMessage(message);
        await new Promise<void>((done) => client.log(request, () => done()));
      }
      client.close();
    },
  };
}
