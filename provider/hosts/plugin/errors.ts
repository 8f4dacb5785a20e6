import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ConfigureErrorMissingKeys } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { PostjectError } from "../../client";
import { type ConfigurationKey, configuration, PACKAGE_NAME } from "../../spec";

/** A message that travels with an error. */
interface Detail {
  readonly type: string;
  readonly message: { serializeBinary(): Uint8Array };
}

/**
 * An error as gRPC sends it. The engine shows the text alone, whatever the code, so there are two: UNKNOWN
 * for what a user can act on, INTERNAL for a defect of the provider.
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

/** Configuration that is missing; the engine prints the commands that set it. */
export class MissingKeysError extends Error {
  constructor(readonly failures: readonly { key: ConfigurationKey; reason: string }[]) {
    super(failures.map(({ reason }) => reason).join("\n"));
  }
}

/** Any rejection as gRPC sends it. */
export function toErrorResponse(error: unknown): Partial<ServiceError> {
  if (error instanceof MissingKeysError) {
    const missing = new ConfigureErrorMissingKeys();
    for (const { key } of error.failures) {
      const entry = new ConfigureErrorMissingKeys.MissingKey();
      entry.setName(`${PACKAGE_NAME}:${key}`);
      entry.setDescription(configuration[key].description);
      missing.addMissingkeys(entry);
    }
    return toServiceError(error, false, { type: "pulumirpc.ConfigureErrorMissingKeys", message: missing });
  }
  if (error instanceof Error && "code" in error && typeof error.code === "number")
    return error as ServiceError;
  return toServiceError(error, !(error instanceof PostjectError));
}
