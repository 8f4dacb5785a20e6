import { readFileSync } from "node:fs";
import path from "node:path";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { PostjectError } from "../../client";
import type { Notice } from "../../lifecycle";
import {
  type ConfigurationResolution,
  describeUnknownKeys,
  type Properties,
  requireConfiguration,
  resolveConfiguration,
  UNKNOWN,
} from "../../settings";
import {
  configuration as configurationFields,
  PACKAGE_NAME,
  secretKeys,
  VERSION,
  withCode,
} from "../../spec";
import { parseUrn } from "../../spec/urn";
import { MissingKeysError } from "./errors";
import { decode, toCheckResponse, withoutUnknown } from "./properties";
import type { Session } from "./session";

const SCHEMA_FILE = path.join(__dirname, "../../../../sdk/schema.json");

/** The engine adds keys of its own to a provider's properties. */
const ENGINE_KEYS = ["version", "pluginDownloadURL", "__internal"];

/** The methods of the protocol that are about the provider itself. */
export function createConfigurationService(
  session: Session,
): Pick<
  IResourceProviderServer,
  "handshake" | "getPluginInfo" | "getSchema" | "checkConfig" | "diffConfig" | "configure"
> {
  return {
    handshake: session.unary((request: rpc.ProviderHandshakeRequest) => {
      session.connect(request.getEngineAddress());
      const response = new rpc.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      // So that a component's inputs tell which value comes from which resource.
      response.setAcceptOutputs(true);
      // Without this flag the engine proposes no names, whatever Configure says.
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),

    getPluginInfo: session.unary(() => {
      const info = new PluginInfo();
      info.setVersion(VERSION);
      return info;
    }),

    getSchema: session.unary((request: rpc.GetSchemaRequest) => {
      if (request.getVersion() > 0) throw new PostjectError("bad-request", "The only schema version is 0.");
      const response = new rpc.GetSchemaResponse();
      response.setSchema(readFileSync(SCHEMA_FILE, "utf8"));
      return response;
    }),

    checkConfig: session.unary(async (request: rpc.CheckRequest) => {
      const { values, secrets } = decode(request.getNews());
      await session.log("", toUnknownKeyNotices(request.getUrn(), Object.keys(values)));
      // A missing key is left to Configure, whose response the engine turns into the command that sets it; a
      // value that another resource will give is not missing.
      const failures = resolve(withoutUnknown(values)).failures.filter(
        ({ code, key }) => code !== "access-token-missing" && values[key] !== UNKNOWN,
      );
      return toCheckResponse(
        values,
        failures.map(({ reason, code }) => ({ property: "", reason: withCode(reason, code) })),
        [...secretKeys(configurationFields), ...secrets],
      );
    }),

    // An empty response lets the engine compare. After DIFF_NONE it would go on with the old access token.
    diffConfig: session.unary(() => new rpc.DiffResponse()),

    configure: session.unary((request: rpc.ConfigureRequest) => {
      const resolution = resolve(decode(request.getArgs()).values);
      const { configuration, failures } = resolution;
      if (configuration === undefined && failures.every(({ code }) => code === "access-token-missing"))
        throw new MissingKeysError(failures);
      session.configure(requireConfiguration(resolution), request.getUrn() ?? "");
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptoutputs(true);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
  };
}

function resolve(provider: Properties): ConfigurationResolution {
  return resolveConfiguration({ provider, stack: readStackConfiguration(), env: process.env });
}

/**
 * The stack's current configuration of this package. Refresh and destroy configure providers as the last run
 * did, so this is where a rotated access token is found. An explicit provider gets it as well, and its name
 * does not tell it apart (it may be `default`): `resolveConfiguration` decides by the values what counts.
 */
function readStackConfiguration(): Record<string, unknown> {
  try {
    const values: unknown = JSON.parse(process.env.PULUMI_CONFIG ?? "{}");
    return typeof values === "object" && values !== null ? { ...values } : {};
  } catch {
    return {};
  }
}

function toUnknownKeyNotices(providerUrn: string, keys: readonly string[]): Notice[] {
  const given = keys.filter((key) => !ENGINE_KEYS.includes(key)).map((key) => `${PACKAGE_NAME}:${key}`);
  return describeUnknownKeys(given, parseUrn(providerUrn).project).map((message) => ({
    severity: "warning",
    message,
  }));
}
