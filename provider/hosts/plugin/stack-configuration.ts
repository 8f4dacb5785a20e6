/**
 * The stack's current configuration of this package. Refresh and destroy configure providers as the last run did, so this
 * is where a rotated access token is found. An explicit provider gets it as well, and its name does not tell it apart (it
 * may be called `default`): `resolveConfiguration` decides by the values what of it counts.
 */
export function readStackConfiguration(): Record<string, unknown> {
  try {
    const values: unknown = JSON.parse(process.env.PULUMI_CONFIG ?? "{}");
    return typeof values === "object" && values !== null ? { ...values } : {};
  } catch {
    return {};
  }
}
