import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";

/** Speaks to a provider's process as the engine does. */
export interface ProviderClient {
  /** The protocol's methods. Streams have to be called on it directly. */
  readonly methods: ResourceProviderClient;
  /** Calls one of `methods`. Rejects with the provider's error. */
  call<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response>;
  close(): void;
}

type UnaryMethod<Request, Response> = (
  request: Request,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** Connects to a provider on a local port, when it is first called. */
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
