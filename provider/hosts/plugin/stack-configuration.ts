import type { ConfigureRequest } from "@pulumi/pulumi/proto/provider_pb";

/** The engine names default providers `default` or, with a version, `default_0_1_0`. */
export function isDefaultProvider(request: ConfigureRequest): boolean {
  const name = request.getName() || "default";
  return /^default(_|$)/.test(name);
}

/**
 * The stack's configuration of this package as it is now. Refresh and destroy configure providers as the last run did, so
 * this is where a renewed access token is found. An explicit provider is another account's, perhaps.
 */
export function readStackConfiguration(): Record<string, unknown> {
  try {
    const values: unknown = JSON.parse(process.env.PULUMI_CONFIG ?? "{}");
    return typeof values === "object" && values !== null ? { ...values } : {};
  } catch {
    return {};
  }
}
