import type * as pulumi from "@pulumi/pulumi";
import { PACKAGE_NAME } from "../provider/spec";
import { userError } from "./user-error";

/** The options of any resource that can name a provider; a component's can name several. */
type Options = Pick<pulumi.ComponentResourceOptions, "provider" | "providers">;

/**
 * Refuses the plugin's provider as a resource option, with a `pulumi.RunError`: Pulumi would ignore it for a
 * component's servers, and refuse it for a single one in terms of its own.
 */
export function refuseProviders(resource: string, { provider, providers = [] }: Options): void {
  const given = [provider, ...Object.values(providers)];
  if (!given.some(isOurs)) return;
  throw userError(
    `${resource} takes no provider: it uses Pulumi's own for dynamic resources. For another Postject account, set the argument \`account\`.`,
  );
}

function isOurs(provider: pulumi.ProviderResource | undefined): boolean {
  const type = provider && "__pulumiType" in provider ? provider.__pulumiType : undefined;
  return type === `pulumi:providers:${PACKAGE_NAME}`;
}
