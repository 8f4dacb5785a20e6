import type * as grpc from "@grpc/grpc-js";
import type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { toPlainText } from "../client";
import type { Notice } from "../lifecycle";
import { ENGINE_CHANNEL } from "./engine-channel";

/** The engine's log: what is written here is shown to the user. */
export interface EngineLog {
  /**
   * Writes notices about a resource, or with an empty URN about the stack. Resolves when the engine has taken
   * them, or cannot take them: a log that fails must not fail the operation.
   */
  write(urn: string, notices: readonly Notice[]): Promise<void>;
}

/** The parts of gRPC and Pulumi's protocol that a log needs; all of one copy, or they refuse each other. */
export interface LogProtocol {
  readonly grpc: Pick<typeof grpc, "credentials" | "Metadata">;
  readonly EngineClient: typeof EngineClient;
  readonly LogRequest: typeof LogRequest;
  readonly LogSeverity: typeof LogSeverity;
}

/** How long the engine may take for a notice. It is local; a preview must not hang if it does not respond. */
const DEADLINE_MS = 5_000;

/** @param load is called only when there is something to write: most runs write nothing */
export function createEngineLog(address: string | undefined, load: () => LogProtocol): EngineLog {
  return {
    async write(urn, notices) {
      if (address === undefined || notices.length === 0) return;
      try {
        await send(load(), address, urn, notices);
      } catch (error) {
        // The engine shows this in its debug log alone, which is the only place left.
        console.error(`postject: the engine did not take a notice: ${error}`);
      }
    },
  };
}

async function send(
  { grpc: { credentials, Metadata }, EngineClient, LogRequest, LogSeverity }: LogProtocol,
  address: string,
  urn: string,
  notices: readonly Notice[],
): Promise<void> {
  const client = new EngineClient(address, credentials.createInsecure(), ENGINE_CHANNEL);
  const deadline = Date.now() + DEADLINE_MS;
  try {
    for (const { severity, message, isEphemeral = false } of notices) {
      const request = new LogRequest();
      request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
      request.setUrn(urn);
      request.setEphemeral(isEphemeral);
      // It may hold a name as the API has it.
      request.setMessage(toPlainText(message));
      await new Promise<void>((done, fail) =>
        client.log(request, new Metadata(), { deadline }, (error) => (error ? fail(error) : done())),
      );
    }
  } finally {
    client.close();
  }
}
