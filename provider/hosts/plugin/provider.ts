import { readFileSync } from "node:fs";
import path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import {
  type Configuration,
  createClient,
  PostjectError,
  preloadHttp,
  requireConfiguration,
  resolveConfiguration,
} from "../../client";
import {
  type AutoNaming,
  autoName,
  type CheckFailure,
  CreateIncompleteError,
  createLifecycle,
  type Lifecycle,
  type Properties,
  UNKNOWN,
} from "../../lifecycle";
import {
  configuration as configurationFields,
  secretKeys,
  serverResource,
  VERSION,
  withCode,
  withoutOnlyDynamic,
} from "../../spec";
import { createEngineLog, type EngineLog } from "./engine-log";
import { MissingKeysError, toAnswer, toServiceError } from "./errors";
import { callFunction, listServers } from "./lookups";
import { decode, encode, withoutUnknown } from "./properties";
import { isDefaultProvider, readStackConfiguration } from "./stack-configuration";

/** The provider as one process serves it, and how far its work is done. */
export interface PluginProvider {
  readonly service: IResourceProviderServer;
  /** Ends what waits; a create in flight goes on. */
  cancel(): void;
  /** Resolves when no operation is under way. */
  idle(): Promise<void>;
  isIdle(): boolean;
}

/** A state that comes from the dynamic form may hold others: they have no meaning here. */
const INPUTS = withoutOnlyDynamic(serverResource.inputs);
const SECRET_OUTPUTS = secretKeys(serverResource.outputs);
const SECRET_CONFIGURATION = secretKeys(configurationFields);

const SCHEMA_FILE = path.join(__dirname, "../../../../sdk/schema.json");

/** Translates Pulumi's provider protocol to the lifecycle; no rule of a server is written here. */
export function createProvider(engineAddress: string | undefined): PluginProvider {
  let engine = engineAddress;
  let log: EngineLog = createEngineLog(engine);
  let configured: Configuration | undefined;
  let lifecycle: Lifecycle | undefined;
  let cancellation = new AbortController();
  const underWay = new Set<Promise<unknown>>();

  function configure(configuration: Configuration): void {
    configured = configuration;
    lifecycle = createLifecycle({
      client: createClient(configuration),
      configuration,
      inputFields: INPUTS,
      takeOver: (id, logicalName = "<name>") =>
        `\`pulumi import ${serverResource.token} ${logicalName} ${id}\``,
    });
  }

  function getLifecycle(): Lifecycle {
    if (lifecycle === undefined) throw new Error("the provider is not configured");
    return lifecycle;
  }

  /** Reads carry no timeout in the protocol of older engines and SDKs. */
  const timeoutOf = (request: { getTimeout?(): number }) => request.getTimeout?.() ?? 0;

  const limits = (timeoutSeconds = 0) => ({
    timeoutMs: timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
    cancelled: cancellation.signal,
  });

  /** Makes a gRPC method of a function: its rejection is answered, never thrown. */
  function unary<Request, Response>(
    work: (request: Request) => Response | Promise<Response>,
    { isWaitedFor = true } = {},
  ): grpc.handleUnaryCall<Request, Response> {
    return ({ request }, callback) => {
      const done = Promise.resolve(request)
        .then(work)
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(toAnswer(error)),
        );
      if (isWaitedFor) track(done);
    };
  }

  function cancel(): void {
    cancellation.abort();
    cancellation = new AbortController();
  }

  function track(work: Promise<unknown>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  const service = {
    handshake: unary((request: rpc.ProviderHandshakeRequest) => {
      engine = request.getEngineAddress() || engineAddress;
      log = createEngineLog(engine);
      const response = new rpc.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      // So that a component's inputs tell which value comes from which resource.
      response.setAcceptOutputs(true);
      // Without this flag the engine proposes no names, whatever Configure says.
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),

    getPluginInfo: unary(() => {
      const info = new PluginInfo();
      info.setVersion(VERSION);
      return info;
    }),

    getSchema: unary((request: rpc.GetSchemaRequest) => {
      if (request.getVersion() > 0) throw new PostjectError("bad-request", "The only schema version is 0.");
      const response = new rpc.GetSchemaResponse();
      response.setSchema(readFileSync(SCHEMA_FILE, "utf8"));
      return response;
    }),

    checkConfig: unary((request: rpc.CheckRequest) => {
      setImmediate(preloadHttp);
      const { values, secrets } = decode(request.getNews());
      const { failures } = resolveConfiguration({ provider: withoutUnknown(values), env: process.env });
      // A missing key is left to Configure, whose answer the engine turns into the command that sets it; a value that
      // another resource will give is not missing.
      const reported = failures.filter(
        ({ code, key }) => code !== "access-token-missing" && values[key] !== UNKNOWN,
      );
      return toCheckResponse(
        values,
        reported.map(({ reason, code }) => ({ property: "", reason: withCode(reason, code) })),
        [...SECRET_CONFIGURATION, ...secrets],
      );
    }),

    // "Unknown" lets the engine compare. Any other answer is worse: after NONE it would go on with the old access token.
    diffConfig: unary(() => new rpc.DiffResponse()),

    // The engine is busy after CheckConfig in an update, and after Configure in a refresh or destroy: time to load for free.
    configure: unary((request: rpc.ConfigureRequest) => {
      setImmediate(preloadHttp);
      const stack = readStackConfiguration();
      const resolution = resolveConfiguration({
        provider: decode(request.getArgs()).values,
        ...(isDefaultProvider(request) && { stack }),
        env: process.env,
      });
      const { configuration, failures } = resolution;
      if (configuration === undefined && failures.every(({ code }) => code === "access-token-missing"))
        throw new MissingKeysError(failures);
      configure(requireConfiguration(resolution));
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptoutputs(true);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),

    check: unary((request: rpc.CheckRequest) => {
      const { values, secrets } = decode(request.getNews());
      const { values: oldInputs, secrets: oldSecrets } = decode(request.getOlds());
      const { inputs, failures } = getLifecycle().check({
        urn: request.getUrn(),
        oldInputs,
        inputs: values,
        secrets: new Set([...secrets, ...oldSecrets]),
        autoName: () => autoName(toAutoNaming(request)),
      });
      // Naming a property makes the engine print its value, a secret one too.
      const shown = failures.map((failure) =>
        secrets.has(failure.property) ? { ...failure, property: "" } : failure,
      );
      // What is kept from the old inputs stays as secret as it was there.
      const kept = [...oldSecrets].filter((key) => !(key in values));
      return toCheckResponse(inputs, shown, [...secrets, ...kept]);
    }),

    diff: unary((request: rpc.DiffRequest) => {
      const { changes, isComplete } = getLifecycle().diff({
        id: request.getId(),
        state: decode(request.getOlds()).values,
        inputs: decode(request.getNews()).values,
      });
      const { DiffChanges } = rpc.DiffResponse;
      const response = new rpc.DiffResponse();
      response.setChanges(changes.length > 0 || !isComplete ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
      response.setHasdetaileddiff(true);
      for (const { property, replaces } of changes) {
        const { Kind } = rpc.PropertyDiff;
        const detail = new rpc.PropertyDiff();
        detail.setKind(replaces ? Kind.UPDATE_REPLACE : Kind.UPDATE);
        detail.setInputdiff(true);
        response.getDetaileddiffMap().set(property, detail);
        response.addDiffs(property);
        if (replaces) response.addReplaces(property);
      }
      return response;
    }),

    create: unary(async (request: rpc.CreateRequest) => {
      const { values: inputs, secrets } = decode(request.getProperties());
      const response = new rpc.CreateResponse();
      const options = { inputs, ...limits(timeoutOf(request)) };
      if (request.getPreview()) {
        const { state, warnings } = await getLifecycle().previewCreate(options);
        await log.warn(request.getUrn(), warnings);
        response.setProperties(encode(state, secrets));
        return response;
      }
      try {
        const { id, state } = await getLifecycle().create({ ...options, logicalName: request.getName() });
        response.setId(id);
        response.setProperties(encode(state, SECRET_OUTPUTS, secrets));
        return response;
      } catch (error) {
        if (!(error instanceof CreateIncompleteError)) throw error;
        const partial = new rpc.ErrorResourceInitFailed();
        partial.setId(error.id);
        partial.setProperties(encode(error.state, SECRET_OUTPUTS, secrets));
        partial.setInputs(encode(inputs, secrets));
        partial.addReasons(error.message);
        throw toServiceError(error, false, { type: "pulumirpc.ErrorResourceInitFailed", message: partial });
      }
    }),

    read: unary(async (request: rpc.ReadRequest) => {
      const { values: state, secrets } = decode(request.getProperties());
      const { secrets: secretInputs } = decode(request.getInputs());
      const response = new rpc.ReadResponse();
      const found = await getLifecycle().read({
        id: request.getId(),
        state,
        ...limits(timeoutOf(request)),
      });
      // Nothing set at all means that the server is gone; an empty struct would import a ghost.
      if (found === undefined) return response;
      response.setId(found.id);
      response.setProperties(encode(found.state, SECRET_OUTPUTS, secrets));
      response.setInputs(encode(found.inputs, secretInputs));
      return response;
    }),

    update: unary(async (request: rpc.UpdateRequest) => {
      const { values: state, secrets } = decode(request.getOlds());
      const { values: inputs, secrets: secretInputs } = decode(request.getNews());
      const response = new rpc.UpdateResponse();
      const id = request.getId();
      const updated = request.getPreview()
        ? { state: getLifecycle().previewUpdate({ state, inputs }) }
        : await getLifecycle().update({ id, state, inputs, ...limits(timeoutOf(request)) });
      response.setProperties(encode(updated.state, SECRET_OUTPUTS, secrets, secretInputs));
      return response;
    }),

    delete: unary(async (request: rpc.DeleteRequest) => {
      const { values: state } = decode(request.getProperties());
      await getLifecycle().delete({ id: request.getId(), state, ...limits(timeoutOf(request)) });
      return new Empty();
    }),

    invoke: unary(async (request: rpc.InvokeRequest) => {
      const response = new rpc.InvokeResponse();
      try {
        response.setReturn(await callFunction(getLifecycle(), request, limits()));
      } catch (error) {
        if (!(error instanceof PostjectError)) throw error;
        // A failure reads better than an error, which the engine wraps in the protocol's own words.
        const failure = new rpc.CheckFailure();
        failure.setReason(error.message);
        response.addFailures(failure);
      }
      return response;
    }),

    list: (call: grpc.ServerWritableStream<rpc.ListRequest, rpc.ListResponse>) => {
      const list = async () => listServers(getLifecycle(), call, limits());
      track(
        list().then(
          () => call.end(),
          (error: unknown) => call.emit("error", toAnswer(error)),
        ),
      );
    },

    // Comes at the end of every run, not only of a cancelled one: what a run knows is forgotten, what waits is ended, and
    // the process stays fit for another run.
    cancel: unary(() => {
      cancel();
      if (configured !== undefined) configure(configured);
      return new Empty();
    }),

    // Not waited for at the end: it may never end when the engine has refused a child. The creates in it are.
    construct: unary(
      (request: rpc.ConstructRequest) => {
        // Loaded here: the resource monitor's messages are many, and most programs have no component.
        const { constructComponent } = require("./construct") as typeof import("./construct");
        return constructComponent(request);
      },
      { isWaitedFor: false },
    ),

    attach: unary(() => new Empty()),

    parameterize: unary(unimplemented),
    call: unary(unimplemented),
    getMapping: unary(unimplemented),
    getMappings: unary(unimplemented),
  };

  return {
    service: service as unknown as IResourceProviderServer,
    cancel,
    idle: async () => void (await Promise.allSettled(underWay)),
    isIdle: () => underWay.size === 0,
  };
}

function unimplemented(): never {
  throw Object.assign(new Error("not implemented"), {
    code: grpc.status.UNIMPLEMENTED,
    details: "not implemented",
  });
}

function toCheckResponse(inputs: Properties, failures: readonly CheckFailure[], secrets: Iterable<string>) {
  const response = new rpc.CheckResponse();
  response.setInputs(encode(inputs, secrets));
  for (const { property, reason } of failures) {
    const failure = new rpc.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    response.addFailures(failure);
  }
  return response;
}

function toAutoNaming(request: rpc.CheckRequest): AutoNaming {
  const options = request.getAutonaming();
  const { Mode } = rpc.CheckRequest.AutonamingOptions;
  const modes = { [Mode.PROPOSE]: "propose", [Mode.ENFORCE]: "enforce", [Mode.DISABLE]: "disable" } as const;
  return {
    mode: options === undefined ? "default" : modes[options.getMode()],
    proposedName: options?.getProposedName() ?? "",
    logicalName: request.getName() || (request.getUrn().split("::").pop() ?? ""),
    seed: request.getRandomseed_asU8(),
  };
}
