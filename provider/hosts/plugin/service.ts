import { status } from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { createConfigurationService } from "./configuration";
import { createLookupService } from "./lookups";
import { createResourceService } from "./resource";
import type { Session } from "./session";

/** Translates Pulumi's provider protocol to the lifecycle; no rule of a server is written here. */
export function createService(session: Session): IResourceProviderServer {
  return {
    ...createConfigurationService(session),
    ...createResourceService(session),
    ...createLookupService(session),

    construct: session.unary(
      (request: rpc.ConstructRequest) => {
        // Loaded here: the resource monitor's messages are many, and most programs have no component.
        const { constructComponent } = require("./construct") as typeof import("./construct");
        return constructComponent(session, request);
      },
      // It may never end when the engine has refused a child; the creates in it are awaited.
      { isAwaited: false },
    ),

    // Comes at the end of every run, not only of a cancelled one; the process stays fit for another run.
    cancel: session.unary(() => {
      session.cancel();
      return new Empty();
    }),

    attach: session.unary(() => new Empty()),

    parameterize: session.unary(unimplemented),
    call: session.unary(unimplemented),
    getMapping: session.unary(unimplemented),
    getMappings: session.unary(unimplemented),
  };
}

function unimplemented(): never {
  throw Object.assign(new Error("not implemented"), {
    code: status.UNIMPLEMENTED,
    details: "not implemented",
  });
}
