import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";

/** A provider's process as the engine speaks to it. */
export interface ProviderClient {
  /** The protocol's methods themselves; a stream has no other form. */
  readonly methods: ResourceProviderClient;
  /** Calls one of `methods`. Rejects with what the provider answers instead of a response. */
  call<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response>;
  close(): void;
}

type UnaryMethod<Request, Response> = (
  request: Request,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** Connects to a provider on a port of this machine, with the first call. */
export function connectProvider(port: number): ProviderClient {
  const methods = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return {
    methods,
    call: (method, request) =>
      new Promise((done, fail) =>
        method.call(methods, request, (error, response) => (error ? fail(error) : done(response))),
      ),
    close: () => methods.close(),
  };
}
