import { type Connection, PostjectError } from "../client";
import {
  accountName,
  type ConfigurationField,
  type ConfigurationKey,
  type ConfigurationValues,
  configuration,
  configurationKeys,
  type Plan,
} from "../spec";
import { chooseAccessToken } from "./access-token";
import { findProblem } from "./check-fields";
import { findEndpointProblem } from "./endpoint";
import { type ConfigurationFailure, type ConfigurationSources, findCandidates, toBaseUrl } from "./sources";

/** The configuration in use: checked, with defaults. */
export interface Configuration extends Connection {
  readonly deletionProtection: boolean;
  readonly plan?: Plan | undefined;
  readonly serverLimit?: number | undefined;
}

/** The configuration, or everything that is wrong with it. */
export interface ConfigurationResolution {
  readonly configuration?: Configuration;
  readonly failures: readonly ConfigurationFailure[];
}

/** Resolves and checks the configuration, without a request. */
export function resolveConfiguration(sources: ConfigurationSources): ConfigurationResolution {
  if (sources.account !== undefined && !accountName.pattern.test(sources.account.name)) {
    const reason = `account ${accountName.problem}`;
    return { failures: [{ key: "accessToken", code: "configuration-invalid", reason }] };
  }
  const failures: ConfigurationFailure[] = [];
  const refuse = (key: ConfigurationKey, reason: string) =>
    failures.push({ key, code: "configuration-invalid", reason });
  const values: Partial<Record<ConfigurationKey, unknown>> = {};
  for (const key of configurationKeys) {
    const field: ConfigurationField = configuration[key];
    values[key] = field.default;
    const [candidate] = key === "accessToken" ? [] : findCandidates(key, sources);
    if (candidate === undefined) continue;
    const value = fromText(field, candidate.value);
    const problem = findProblem(field, value);
    if (problem === undefined) values[key] = value;
    else refuse(key, `${candidate.source} ${problem}${showIfHarmless(field, candidate.value)}`);
  }
  const { endpoint, allowHttp, requestTimeoutSeconds, ...others } = values as ConfigurationValues;
  const problem = findEndpointProblem(endpoint, { allowHttp });
  if (problem !== undefined)
    refuse("endpoint", `${findCandidates("endpoint", sources)[0]?.source} ${problem}`);
  const accessToken = chooseAccessToken(sources);
  if (typeof accessToken !== "string") return { failures: [...failures, accessToken] };
  if (failures.length > 0) return { failures };
  return {
    failures,
    configuration: {
      ...others,
      accessToken,
      endpoint: toBaseUrl(endpoint),
      requestTimeoutMs: requestTimeoutSeconds * 1000,
      plan: others.plan as Plan | undefined,
    },
  };
}

/** For a caller that cannot report failures one by one. Throws a ConfigurationError. */
export function requireConfiguration({ configuration, failures }: ConfigurationResolution): Configuration {
  if (configuration !== undefined) return configuration;
  throw new ConfigurationError(failures);
}

/** The provider cannot work with its configuration; nothing was sent. */
class ConfigurationError extends PostjectError {
  constructor(failures: readonly ConfigurationFailure[]) {
    super(failures[0]?.code ?? "configuration-invalid", failures.map(({ reason }) => reason).join("\n"));
  }
}

/** Stack configuration and environment variables are text; what does not fit its field is refused later. */
function fromText({ type }: ConfigurationField, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (type === "boolean" && ["true", "false"].includes(value)) return value === "true";
  return type === "integer" && value.trim() !== "" ? Number(value) : value;
}

/** The refused value if it is a short plain word; others may be secrets pasted under the wrong key. */
function showIfHarmless({ type, oneOf }: ConfigurationField, value: unknown): string {
  const text = String(value);
  const isChoice = type !== "string" || oneOf !== undefined;
  return isChoice && /^[a-z0-9.+-]{1,10}$/i.test(text) && !text.startsWith("ey") ? `, not "${text}"` : "";
}
