import * as pulumi from "@pulumi/pulumi";
import type * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { stampOut } from "../../../sdk/environment";
import { ServerResource, secretOutputs, unsetOutputs } from "../../../sdk/server";
import type { EnvironmentArgs, ServerArgs } from "../../../sdk/types";
import { PostjectError } from "../../client";
import { findProblems } from "../../lifecycle";
import {
  environmentResource,
  type Fields,
  serverResource,
  serverTemplate,
  withoutOnlyDynamic,
} from "../../spec";
import { type Constructed, resolve, runInSdk } from "./sdk-runtime";

/** A server as programs of the plugin declare it: this same process serves it. */
class PluginServer extends ServerResource {
  constructor(name: string, args: ServerArgs, opts: pulumi.CustomResourceOptions) {
    super(
      serverResource.token,
      name,
      { ...unsetOutputs, ...args },
      pulumi.mergeOptions(opts, {
        additionalSecretOutputs: secretOutputs,
        aliases: [{ type: serverResource.dynamicType }],
      }),
    );
  }
}

/** Declares the component that an engine asks for. Rejects with a PostjectError if its inputs cannot be right. */
export function constructComponent(
  request: rpc.ConstructRequest,
  engineAddress: string | undefined,
): Promise<rpc.ConstructResponse> {
  const name = request.getName();
  if (request.getType() !== environmentResource.token)
    throw new PostjectError("bad-request", `There is no component ${request.getType()}.`);
  return runInSdk(request, engineAddress, async (inputs, options): Promise<Constructed> => {
    const args = await readArgs(name, inputs);
    const component = new pulumi.ComponentResource(environmentResource.token, name, {}, options);
    const { servers, variables } = stampOut(component, name, args, {
      declare: (...server) => new PluginServer(...server),
      refuse,
    });
    const summaries = Object.entries(servers).map(([key, { id, name, token, createdAt }]) => [
      key,
      { id, name, token, createdAt },
    ]);
    // As one output, since YAML loses a secret inside a map that is handed on whole; so all of it is secret.
    return {
      component,
      outputs: { servers: Object.fromEntries(summaries), variables: pulumi.all(variables) },
    };
  });
}

const refuse = (problem: string) => new PostjectError("environment-invalid", problem);

/** The arguments, which any language may have written. What names the servers has to be known, also in a preview. */
async function readArgs(name: string, inputs: pulumi.Inputs): Promise<EnvironmentArgs> {
  const known = async (key: keyof EnvironmentArgs) => {
    const { isKnown, value } = await resolve(inputs[key]);
    if (isKnown) return value;
    throw refuse(
      `Environment "${name}": \`${key}\` must be known when the program runs; it takes no outputs of other resources.`,
    );
  };
  const given = (await known("servers")) ?? {};
  const nameTemplate = await known("nameTemplate");
  const owner = (key: string) => `the server \`${key}\``;
  const isMap = typeof given === "object" && !Array.isArray(given);
  // A key alone is a server of which nothing is said.
  const servers = Object.entries(given).map(([key, template]) => [key, template ?? {}] as const);
  const problems = [
    ...findIn(environmentResource.inputs, "an Environment", { nameTemplate }),
    ...(isMap
      ? servers.flatMap(([key, template]) => findIn(serverTemplate, owner(key), template))
      : ["`servers` must be a map of servers"]),
  ];
  if (problems.length > 0) throw refuse(`Environment "${name}": ${problems.join("; ")}.`);
  return { ...inputs, servers: Object.fromEntries(servers), nameTemplate } as EnvironmentArgs;
}

function findIn(fields: Fields, owner: string, value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [`${owner} must be a map`];
  const given = Object.fromEntries(Object.entries(value).filter(([, property]) => property !== undefined));
  return findProblems(withoutOnlyDynamic(fields), owner, given).map(({ property, reason }) =>
    property === "" ? reason : `\`${property}\` of ${owner} ${reason}`,
  );
}
