import * as pulumi from "@pulumi/pulumi";
import { environmentResource, planEnvironment, variableSuffixes, withCode } from "../provider/spec";
import { Server } from "./server";
import type { EnvironmentArgs, ServerArgs, ServerProperties, ServerTemplate } from "./types";
import { userError } from "./user-error";

/**
 * The servers of one environment, made from a template: the same set for development, staging, production and for each
 * pull request.
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
    super(environmentResource.token, name, {}, opts);
    const { servers, variables } = stampOut(this, name, args, {
      declare: (...server) => new Server(...server),
      refuse: (problem) => userError(withCode(problem, "environment-invalid")),
    });
    this.servers = servers;
    this.variables = variables;
    this.registerOutputs({ servers, variables });
  }
}

/** What differs between the forms of the provider. */
export interface EnvironmentForm<S> {
  declare(name: string, args: ServerArgs, opts: pulumi.CustomResourceOptions): S;
  /** Makes the error for a template that cannot be stamped out. */
  refuse(problem: string): Error;
}

/** Declares an environment's servers as children of its component. */
export function stampOut<Key extends string, S extends ServerProperties>(
  component: pulumi.ComponentResource,
  name: string,
  args: EnvironmentArgs<Key>,
  { declare, refuse }: EnvironmentForm<S>,
): { servers: Record<Key, S>; variables: Record<string, pulumi.Output<string>> } {
  const around = { environment: name, project: pulumi.getProject(), stack: pulumi.getStack() };
  const templates: Readonly<Record<string, ServerTemplate>> = args.servers;
  const plan = planEnvironment(around, { servers: templates, nameTemplate: args.nameTemplate });
  if (plan.problems.length > 0) throw refuse(`Environment "${name}": ${plan.problems.join("; ")}.`);
  const servers = {} as Record<Key, S>;
  const variables: Record<string, pulumi.Output<string>> = {};
  for (const { key, name: serverName, variables: names } of plan.servers) {
    const template = templates[key];
    const protection = template?.deletionProtection ?? args.deletionProtection;
    const server = declare(
      `${name}-${key}`,
      {
        ...template,
        name: serverName,
        ...(protection !== undefined && { deletionProtection: protection }),
        ...(args.account !== undefined && { account: args.account }),
      },
      { parent: component },
    );
    servers[key as Key] = server;
    for (const output of Object.values(variableSuffixes)) variables[names[output]] = server[output];
  }
  return { servers, variables };
}
