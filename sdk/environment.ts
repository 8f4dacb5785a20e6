import * as pulumi from "@pulumi/pulumi";
import { isMap, type Properties, UNKNOWN } from "../provider/settings/check-fields";
import { environmentRefusal, planEnvironment } from "../provider/settings/environment-plan";
import { environmentResource, variableSuffixes, withCode } from "../provider/spec";
import { refuseProviders } from "./refusals";
import { Server } from "./server";
import type { EnvironmentArgs, ServerArgs, ServerTemplate } from "./types";
import { userError } from "./user-error";

/**
 * The servers of one environment, made from a template: the same set for development, staging, production and
 * for each pull request.
 *
 * ```ts
 * const environment = new postject.Environment("pr-42", {
 *   servers: { app: {}, marketing: { name: "Marketing" } }, // named "pr-42 app" and "pr-42 Marketing"
 *   deletionProtection: false,
 * });
 * export const token = environment.servers.app.token;
 * ```
 */
export class Environment<Key extends string = string> extends pulumi.ComponentResource {
  /** The servers by key. */
  readonly servers: Readonly<Record<Key, Server>>;
  /** Environment variables for an application, by name; the tokens among them are secret. */
  readonly variables: Readonly<Record<string, pulumi.Output<string>>>;

  /**
   * @param name the environment's name: of the resource, and what `{environment}` stands for
   * @throws pulumi.RunError that names every problem of the template, before any server is declared
   */
  constructor(name: string, args: EnvironmentArgs<Key>, opts?: pulumi.ComponentResourceOptions) {
    refuseProviders(`postject.Environment("${name}")`, opts ?? {});
    super(environmentResource.token, name, {}, opts);
    const around = { environment: name, project: pulumi.getProject(), stack: pulumi.getStack() };
    const plan = planEnvironment(around, toProperties(args, 3), { isDynamic: true });
    if (plan.problems.length > 0)
      throw userError(withCode(environmentRefusal(name, plan.problems), "environment-invalid"));
    const servers = {} as Record<Key, Server>;
    const variables: Record<string, pulumi.Output<string>> = {};
    for (const { key, resourceName, name: serverName, variables: names } of plan.servers) {
      // JavaScript programs, too, may give a key alone.
      const template: ServerTemplate = args.servers[key as Key] ?? {};
      const protection = template.deletionProtection ?? args.deletionProtection;
      const serverArgs: ServerArgs = {
        ...template,
        name: serverName,
        ...(protection !== undefined && { deletionProtection: protection }),
        ...(args.account !== undefined && { account: args.account }),
      };
      const server = new Server(resourceName, serverArgs, { parent: this });
      servers[key as Key] = server;
      for (const output of Object.values(variableSuffixes)) variables[names[output]] = server[output];
    }
    this.servers = servers;
    this.variables = variables;
    this.registerOutputs({ servers, variables });
  }
}

/** Arguments as their check expects them: outputs and promises are unknown. `depth` is how deep maps go. */
function toProperties(args: unknown, depth: number): Properties {
  if (!isMap(args)) return {};
  const toProperty = (value: unknown): unknown => {
    if (pulumi.Output.isInstance(value) || value instanceof Promise) return UNKNOWN;
    return isMap(value) && depth > 1 ? toProperties(value, depth - 1) : value;
  };
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, toProperty(value)]));
}
