import { toShellArgument } from "../../client";
import type { ImportHint } from "../../lifecycle";
import { serverResource } from "../../spec";
import { parseUrn } from "../../spec/urn";

/**
 * How a user makes an existing server the resource's own, in the resource's place: a component's child cannot
 * be imported to the root, and an explicit provider has its own account.
 *
 * @param componentUrn the resource's `Environment`: a program cannot reach into it, but the engine can
 */
export function createImportHint(urn: string, providerUrn: string, componentUrn?: string): ImportHint {
  const { parentType, name } = parseUrn(urn);
  return (id, { isReplacement }) => {
    if (componentUrn === undefined && (isReplacement || parentType !== undefined))
      return `set the resource option \`import: "${id}"\` on it and run \`pulumi up\``;
    const provider = parseUrn(providerUrn).name;
    const args = [
      ...["pulumi", "import", serverResource.token, name, id],
      ...(componentUrn === undefined ? [] : ["--parent", `parent=${componentUrn}`]),
      // The engine's own default provider is what an import uses anyway.
      ...(/^(default(_\d+_\d+_\d+\w*)?)?$/.test(provider) ? [] : ["--provider", `provider=${providerUrn}`]),
    ];
    const command = `\`${args.map(toShellArgument).join(" ")}\``;
    // The state still has the server that is replaced, in the place that the import needs.
    return isReplacement
      ? `run \`pulumi state delete ${toShellArgument(urn)}\`, then ${command}`
      : `run ${command}`;
  };
}
