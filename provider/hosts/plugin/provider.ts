import { setMaxListeners } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { createClient, type Limits, PostjectError } from "../../client";
import { type Notice, type Run, startRun } from "../../lifecycle";
import {
  type Configuration,
  requireConfiguration,
  resolveConfiguration,
  UNKNOWN,
  warnOfUnknownKeys,
} from "../../settings";
import {
  configuration as configurationFields,
  PACKAGE_NAME,
  secretKeys,
  serverResource,
  VERSION,
  withCode,
  withoutOnlyDynamic,
} from "../../spec";
import { createEngineLog, type EngineLog, type LogProtocol } from "../engine-log";
import { componentOf } from "./components";
import { MissingKeysError } from "./errors";
import { createLookupService } from "./lookups";
import { decode, withoutUnknown } from "./properties";
import { createResourceService, toCheckResponse } from "./resource";
import { readStackConfiguration } from "./stack-configuration";
import { createUnary } from "./unary";
import { parseUrn } from "./urn";

/** The provider as one process serves it, and how far its work is done. */
export interface PluginProvider {
  readonly service: IResourceProviderServer;
  /** Ends pauses and pending reads; a create in flight continues. */
  cancel(): void;
  /** Resolves when no operation is under way. */
  idle(): Promise<void>;
  isIdle(): boolean;
}

/** A state that comes from the dynamic form may hold others: they have no meaning here. */
const INPUTS = withoutOnlyDynamic(serverResource.inputs);
const SECRET_CONFIGURATION = secretKeys(configurationFields);

const SCHEMA_FILE = path.join(__dirname, "../../../../sdk/schema.json");

/** Translates Pulumi's provider protocol to the lifecycle; no rule of a server is written here. */
export function createProvider(engineAddress: string | undefined): PluginProvider {
  let log: EngineLog = createEngineLog(engineAddress, loadLogProtocol);
  let configured: { configuration: Configuration; urn: string } | undefined;
  let run: Run | undefined;
  let cancellation = startCancellation();
  const underWay = new Set<Promise<unknown>>();
  const unary = createUnary(track);

  function configure(configuration: Configuration, urn: string): void {
    configured = { configuration, urn };
    run = startRun({ client: createClient(configuration), configuration, inputFields: INPUTS });
  }

  function getRun(): Run {
    if (run === undefined) throw new Error("the provider is not configured");
    return run;
  }

  /** Lookups carry no timeout and no URN, and reads no timeout in the protocol of older engines and SDKs. */
  function limits(request: { getTimeout?(): number; getUrn?(): string }): Limits {
    const timeoutSeconds = request.getTimeout?.() ?? 0;
    const urn = request.getUrn?.() ?? "";
    return {
      timeoutMs: timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
      cancelled: cancellation.signal,
      report: (message) => void log.write(urn, [{ severity: "info", message, isEphemeral: true }]),
    };
  }

  function cancel(): void {
    cancellation.abort();
    cancellation = startCancellation();
  }

  function track(work: Promise<unknown>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  const service: IResourceProviderServer = {
    handshake: unary((request: rpc.ProviderHandshakeRequest) => {
      log = createEngineLog(request.getEngineAddress() || engineAddress, loadLogProtocol);
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

    checkConfig: unary(async (request: rpc.CheckRequest) => {
      const { values, secrets } = decode(request.getNews());
      await log.write("", warnOfKeys(request.getUrn(), Object.keys(values)));
      const { failures } = resolveConfiguration({
        provider: withoutUnknown(values),
        stack: readStackConfiguration(),
        env: process.env,
      });
      // A missing key is left to Configure, whose response the engine turns into the command that sets it; a value that
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

    // An empty response lets the engine compare. After DIFF_NONE it would go on with the old access token.
    diffConfig: unary(() => new rpc.DiffResponse()),

    configure: unary((request: rpc.ConfigureRequest) => {
      const resolution = resolveConfiguration({
        provider: decode(request.getArgs()).values,
        stack: readStackConfiguration(),
        env: process.env,
      });
      const { configuration, failures } = resolution;
      if (configuration === undefined && failures.every(({ code }) => code === "access-token-missing"))
        throw new MissingKeysError(failures);
      configure(requireConfiguration(resolution), request.getUrn() ?? "");
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptoutputs(true);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),

    ...createResourceService({
      unary,
      getRun,
      getProviderUrn: () => configured?.urn ?? "",
      componentOf,
      log: (urn, notices) => log.write(urn, notices),
      limits,
    }),
    ...createLookupService({ unary, track, getRun, limits }),

    // Comes at the end of every run, not only of a cancelled one: what a run knows is forgotten, what waits is ended, and
    // the process stays fit for another run.
    cancel: unary(() => {
      cancel();
      if (configured !== undefined) configure(configured.configuration, configured.urn);
      return new Empty();
    }),

    // Not waited for at the end: it may never end when the engine has refused a child. The creates in it are.
    construct: createUnary(() => {})((request: rpc.ConstructRequest) => {
      // Loaded here: the resource monitor's messages are many, and most programs have no component.
      const { constructComponent } = require("./construct") as typeof import("./construct");
      return constructComponent(request);
    }),

    attach: unary(() => new Empty()),

    parameterize: unary(unimplemented),
    call: unary(unimplemented),
    getMapping: unary(unimplemented),
    getMappings: unary(unimplemented),
  };

  return {
    service,
    cancel,
    idle: async () => void (await Promise.allSettled(underWay)),
    isIdle: () => underWay.size === 0,
  };
}

/** The engine adds keys of its own to a provider's properties. */
const ENGINE_KEYS = ["version", "pluginDownloadURL", "__internal"];

function warnOfKeys(providerUrn: string, keys: readonly string[]): Notice[] {
  // A project of this name keeps its own settings under it.
  if (parseUrn(providerUrn).project === PACKAGE_NAME) return [];
  const given = keys.filter((key) => !ENGINE_KEYS.includes(key)).map((key) => `${PACKAGE_NAME}:${key}`);
  return warnOfUnknownKeys(given).map((message) => ({ severity: "warning", message }));
}

/** All operations of a run listen to one signal, which is no leak. */
function startCancellation(): AbortController {
  const cancellation = new AbortController();
  setMaxListeners(0, cancellation.signal);
  return cancellation;
}

function unimplemented(): never {
  throw Object.assign(new Error("not implemented"), {
    code: grpc.status.UNIMPLEMENTED,
    details: "not implemented",
  });
}

/** By `require`, because `import()` can't detect these modules' named exports. */
function loadLogProtocol(): LogProtocol {
  return {
    grpc,
    ...(require("@pulumi/pulumi/proto/engine_grpc_pb") as Pick<LogProtocol, "EngineClient">),
    ...(require("@pulumi/pulumi/proto/engine_pb") as Pick<LogProtocol, "LogRequest" | "LogSeverity">),
  };
}
