import * as pulumi from "@pulumi/pulumi";
import { serverResource } from "../../provider/spec";
import * as postject from "../../sdk";

const unset = Object.fromEntries(Object.keys(serverResource.outputs).map((key) => [key, undefined]));

/** What a program with a generated SDK has for a Server: the plugin does the rest. */
class PluginServer extends pulumi.CustomResource {
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

/** The two ways to have a Server; what both do is tested through both. */
export const forms = [
  { form: "dynamic", Server: postject.Server },
  { form: "plugin", Server: PluginServer },
] as const;

export { PluginServer };
