import { credentials, type ServiceError } from "@grpc/grpc-js";
import type * as provider from "@pulumi/pulumi/proto/provider_pb";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as resource from "@pulumi/pulumi/proto/resource_pb";
import { ENGINE_CHANNEL } from "../engine-channel";
import { toStruct, type Unwrapped, wrap } from "./properties";

/** The engine's resource monitor: where a program, or a component, registers its resources. */
export interface Monitor {
  /** Resolves when the engine has done what the registration asks for. Rejects where it ends the run. */
  register(request: resource.RegisterResourceRequest): Promise<resource.RegisterResourceResponse>;
  registerOutputs(urn: string, outputs: Readonly<Record<string, unknown>>): Promise<void>;
  close(): void;
}

export function connectMonitor(address: string): Monitor {
  const client = new ResourceMonitorClient(address, credentials.createInsecure(), ENGINE_CHANNEL);
  // No deadline: a registration takes as long as its resource. If the engine ends, so does the connection.
  const call = <Response>(
    start: (callback: (error: ServiceError | null, response: Response) => void) => void,
  ) =>
    new Promise<Response>((done, fail) => start((error, response) => (error ? fail(error) : done(response))));
  return {
    register: (request) => call((callback) => client.registerResource(request, callback)),
    async registerOutputs(urn, outputs) {
      const request = new resource.RegisterResourceOutputsRequest();
      request.setUrn(urn);
      request.setOutputs(toStruct(outputs));
      await call((callback) => client.registerResourceOutputs(request, callback));
    },
    close: () => client.close(),
  };
}

/** A registration of any resource, with what this protocol's newest form asks for. */
export function createRegistration(type: string, name: string): resource.RegisterResourceRequest {
  const request = new resource.RegisterResourceRequest();
  request.setType(type);
  request.setName(name);
  request.setAcceptsecrets(true);
  request.setAcceptresources(true);
  request.setSupportspartialvalues(true);
  request.setSupportsresultreporting(true);
  request.setAliasspecs(true);
  return request;
}

/** Writes inputs and which resources they come from; inputs that are undefined are left out. */
export function setInputs(
  request: resource.RegisterResourceRequest,
  inputs: Readonly<Record<string, Unwrapped | undefined>>,
): void {
  const object: Record<string, unknown> = {};
  const all = new Set(request.getDependenciesList());
  for (const [key, input] of Object.entries(inputs)) {
    if (input?.value === undefined) continue;
    object[key] = wrap(input);
    const dependencies = new resource.RegisterResourceRequest.PropertyDependencies();
    dependencies.setUrnsList([...new Set(input.dependencies)]);
    request.getPropertydependenciesMap().set(key, dependencies);
    for (const urn of input.dependencies) all.add(urn);
  }
  request.setObject(toStruct(object));
  request.setDependenciesList([...all]);
}

/** Hands the resource options that the user gave a component on to its registration. */
export function copyOptions(from: provider.ConstructRequest, to: resource.RegisterResourceRequest): void {
  to.setParent(from.getParent());
  to.setAliasesList(from.getAliasesList());
  to.setDependenciesList(from.getDependenciesList());
  to.setIgnorechangesList(from.getIgnorechangesList());
  to.setReplaceonchangesList(from.getReplaceonchangesList());
  to.setAdditionalsecretoutputsList(from.getAdditionalsecretoutputsList());
  to.setDeletedwith(from.getDeletedwith());
  to.setReplaceWithList(from.getReplaceWithList());
  to.setReplacementTrigger(from.getReplacementTrigger());
  to.setParentstacktracehandle(from.getStackTraceHandle());
  for (const [name, reference] of from.getProvidersMap().entries()) to.getProvidersMap().set(name, reference);
  // Unset is not the same as false: what is unset is inherited from the parent.
  if (from.hasProtect()) to.setProtect(from.getProtect() ?? false);
  if (from.hasRetainondelete()) to.setRetainondelete(from.getRetainondelete() ?? false);
  if (from.hasDeletebeforereplace()) {
    to.setDeletebeforereplace(from.getDeletebeforereplace() ?? false);
    to.setDeletebeforereplacedefined(true);
  }
  // The two services have a message of their own for each of these, with the same fields.
  const { CustomTimeouts, ResourceHooksBinding } = resource.RegisterResourceRequest;
  const timeouts = from.getCustomtimeouts();
  if (timeouts) to.setCustomtimeouts(CustomTimeouts.deserializeBinary(timeouts.serializeBinary()));
  const hooks = from.getResourceHooks();
  if (hooks) to.setHooks(ResourceHooksBinding.deserializeBinary(hooks.serializeBinary()));
}
