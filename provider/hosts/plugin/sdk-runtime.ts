import * as pulumi from "@pulumi/pulumi";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { DependencyProviderResource, DependencyResource } from "@pulumi/pulumi/resource";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { toServiceError } from "./errors";

/** What a component gives back: itself and its outputs. */
export interface Constructed {
  readonly component: pulumi.ComponentResource;
  readonly outputs: pulumi.Inputs;
}

/**
 * Runs a program in Pulumi's SDK on behalf of an engine that asks for a component, as the SDK's own component host does.
 * That host owns its process and cannot serve a Server as well, so its parts are used here.
 */
export function runInSdk(
  request: rpc.ConstructRequest,
  engineAddress: string | undefined,
  program: (inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) => Promise<Constructed>,
): Promise<rpc.ConstructResponse> {
  const work = sdk.withLocalStorage(async () => {
    sdk.resetOptions(
      request.getProject(),
      request.getStack(),
      request.getParallel(),
      engineAddress ?? "",
      request.getMonitorendpoint(),
      request.getDryrun(),
      request.getOrganization(),
    );
    await sdk.awaitFeatureSupport();
    sdk.setAllConfig(Object.fromEntries(request.getConfigMap().entries()), request.getConfigsecretkeysList());
    const inputs = await sdk.deserializeInputs(request.getInputs(), request.getInputdependenciesMap());
    const { component, outputs } = await program(inputs, readOptions(request));
    const response = new rpc.ConstructResponse();
    response.setUrn(await urnOf(component));
    const [state, dependencies] = await sdk.serializeResourceProperties("construct", outputs);
    for (const [key, resources] of dependencies) {
      const list = new rpc.ConstructResponse.PropertyDependencies();
      list.setUrnsList(await Promise.all([...resources].map(urnOf)));
      response.getStatedependenciesMap().set(key, list);
    }
    response.setState(Struct.fromJavaScript(state as Parameters<typeof Struct.fromJavaScript>[0]));
    await sdk.waitForRPCs();
    return response;
  });
  return new Promise((done, fail) => {
    underWay.add(fail);
    void work.then(done, fail).finally(() => underWay.delete(fail));
  });
}

/** What ends each component under way. */
const underWay = new Set<(reason: Error) => void>();

// The SDK rejects what nobody waits for when the engine refuses a child. That ends the component; the process has to live,
// since it may be creating other servers.
process.on("unhandledRejection", (reason) => {
  for (const fail of underWay) fail(toServiceError(reason, false) as Error);
});

/** The value of an output, or undefined with `isKnown` false where a preview cannot know it. */
export async function resolve(value: unknown): Promise<{ isKnown: boolean; value?: unknown }> {
  const output = pulumi.output(value) as unknown as ResolvableOutput;
  const isKnown = await output.isKnown;
  return isKnown ? { isKnown, value: await output.promise() } : { isKnown };
}

const urnOf = (resource: pulumi.Resource) =>
  (resource.urn as unknown as ResolvableOutput).promise() as Promise<string>;

/** What the user gave the component as resource options, in any language. */
function readOptions(request: rpc.ConstructRequest): pulumi.ComponentResourceOptions {
  const parent = request.getParent();
  const deletedWith = request.getDeletedwith();
  const timeouts = request.getCustomtimeouts()?.toObject();
  const [protect, retainOnDelete] = [request.getProtect(), request.getRetainondelete()];
  return {
    aliases: request.getAliasesList().map(readAlias),
    dependsOn: request.getDependenciesList().map((urn) => new DependencyResource(urn)),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    providers: Object.fromEntries(
      [...request.getProvidersMap().entries()].map(([name, reference]) => [
        name,
        new DependencyProviderResource(reference),
      ]),
    ),
    ...(protect && { protect }),
    ...(retainOnDelete && { retainOnDelete }),
    ...(parent !== "" && { parent: new DependencyResource(parent) }),
    ...(deletedWith !== "" && { deletedWith: new DependencyResource(deletedWith) }),
    ...(timeouts && { customTimeouts: timeouts }),
  };
}

function readAlias(
  alias: ReturnType<rpc.ConstructRequest["getAliasesList"]>[number],
): pulumi.URN | pulumi.Alias {
  const spec = alias.getSpec();
  if (spec === undefined) return alias.getUrn();
  const [name, project, stack] = [spec.getName(), spec.getProject(), spec.getStack()];
  return {
    ...(name !== "" && { name }),
    ...(project !== "" && { project }),
    ...(stack !== "" && { stack }),
    ...(spec.hasParenturn() && { parent: spec.getParenturn() }),
    ...(spec.getNoparent() && { parent: pulumi.rootStackResource }),
  };
}

interface ResolvableOutput {
  readonly isKnown: Promise<boolean>;
  promise(): Promise<unknown>;
}

/** The parts of the SDK's component host, which are not in its declarations; seen in 3.216.0 and 3.248.0. */
interface SdkParts {
  withLocalStorage<T>(work: () => Promise<T>): Promise<T>;
  resetOptions(
    project: string,
    stack: string,
    parallel: number,
    engine: string,
    monitor: string,
    isPreview: boolean,
    organization: string,
  ): void;
  awaitFeatureSupport(): Promise<void>;
  waitForRPCs(): Promise<void>;
  setAllConfig(config: Record<string, string>, secretKeys: string[]): void;
  deserializeInputs(inputs: unknown, dependencies: unknown): Promise<pulumi.Inputs>;
  serializeResourceProperties(
    label: string,
    properties: pulumi.Inputs,
  ): Promise<[Record<string, unknown>, Map<string, Set<pulumi.Resource>>]>;
}

const sdk: SdkParts = {
  ...require("@pulumi/pulumi/runtime/state"),
  ...require("@pulumi/pulumi/runtime/settings"),
  ...require("@pulumi/pulumi/runtime/config"),
  ...require("@pulumi/pulumi/runtime/rpc"),
  ...require("@pulumi/pulumi/provider/server"),
};
