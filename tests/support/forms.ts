import * as pulumi from "@pulumi/pulumi";
import { serverResource } from "../../provider/spec";
import * as postject from "../../sdk";

const unset = Object.fromEntries(Object.keys(serverResource.outputs).map((key) => [key, undefined]));

/** What a program with a generated SDK has for a Server: the plugin does the rest. */
export class PluginServer extends pulumi.CustomResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly token: pulumi.Output<string>;

  constructor(name: string, args: postject.ServerArgs = {}, opts: pulumi.CustomResourceOptions = {}) {
    super(
      serverResource.token,
      name,
      { ...unset, ...args },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["token"] }),
    );
  }

  static get(name: string, id: string): PluginServer {
    return new PluginServer(name, {}, { id });
  }
}

/** What it has for an Environment. */
export class PluginEnvironment extends pulumi.ComponentResource {
  declare readonly servers: pulumi.Output<Record<string, postject.ServerSummary>>;
  declare readonly variables: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: pulumi.Inputs, opts: pulumi.ComponentResourceOptions = {}) {
    const inputs = { ...args, servers: args.servers, variables: undefined };
    super("postject:index:Environment", name, inputs, opts, true);
  }
}

/** The two ways to have a Server; what both do is tested through both. */
export const forms = [
  { form: "dynamic", Server: postject.Server },
  { form: "plugin", Server: PluginServer },
] as const;
