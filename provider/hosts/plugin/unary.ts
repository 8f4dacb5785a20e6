import type { handleUnaryCall } from "@grpc/grpc-js";
import { toErrorResponse } from "./errors";

/** Makes a gRPC method of a function: its rejection is sent, never thrown. */
export type Unary = <Request, Response>(
  work: (request: Request) => Response | Promise<Response>,
) => handleUnaryCall<Request, Response>;

/** @param track is told of each call, and when it ends */
export function createUnary(track: (call: Promise<unknown>) => void): Unary {
  return (work) =>
    ({ request }, callback) => {
      const call = Promise.resolve(request)
        .then(work)
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(toErrorResponse(error)),
        );
      track(call);
    };
}
