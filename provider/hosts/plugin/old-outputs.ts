import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { BinaryReader } from "google-protobuf";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** A Check request with what engines from 3.264 on add; the SDK for Node.js 20 does not know it yet. */
export type CheckRequest = rpc.CheckRequest & { readonly oldOutputs?: Struct | undefined };

/** The number of `old_outputs` in Pulumi's `CheckRequest`. */
const OLD_OUTPUTS = 9;

/** Pulumi's service, whose Check keeps the old outputs. */
export const resourceProviderService: typeof ResourceProviderService = {
  ...ResourceProviderService,
  check: {
    ...ResourceProviderService.check,
    requestDeserialize: (bytes) =>
      Object.assign(rpc.CheckRequest.deserializeBinary(bytes), { oldOutputs: readOldOutputs(bytes) }),
  },
};

function readOldOutputs(bytes: Uint8Array): Struct | undefined {
  const reader = new BinaryReader(bytes);
  while (reader.nextField()) {
    if (reader.getFieldNumber() !== OLD_OUTPUTS) reader.skipField();
    else {
      const struct = new Struct();
      reader.readMessage(struct, Struct.deserializeBinaryFromReader);
      return struct;
    }
  }
  return undefined;
}
