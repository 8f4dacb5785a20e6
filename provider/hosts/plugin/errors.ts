import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";

/** A message that travels with an error. */
interface Detail {
  readonly type: string;
  readonly message: { serializeBinary(): Uint8Array };
}

/**
 * An error as gRPC sends it. The engine shows the text alone, whatever the code, so there are two: UNKNOWN for what a
 * user can act on, INTERNAL for a defect of the provider.
 */
export function toServiceError(error: unknown, isDefect: boolean, detail?: Detail): ServiceError {
  const code = isDefect ? status.INTERNAL : status.UNKNOWN;
  const text = error instanceof Error ? error.message : String(error);
  const details = isDefect ? `postject: a defect of the provider: ${(error as Error)?.stack ?? text}` : text;
  return Object.assign(new Error(details), {
    code,
    details,
    metadata: detail === undefined ? new Metadata() : withDetail(code, details, detail),
  });
}

function withDetail(code: number, text: string, { type, message }: Detail): Metadata {
  const packed = new Any();
  packed.pack(message.serializeBinary(), type);
  const carrier = new Status();
  carrier.setCode(code);
  carrier.setMessage(text);
  carrier.addDetails(packed);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(carrier.serializeBinary()));
  return metadata;
}
