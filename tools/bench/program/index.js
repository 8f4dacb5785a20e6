// Plain JavaScript, so that no compiler is measured.
const pulumi = require("@pulumi/pulumi");

/** A server of the plugin as a generated SDK declares it. */
class PluginServer extends pulumi.CustomResource {
  constructor(name, args) {
    const outputs = { token: undefined, createdAt: undefined, streams: undefined, accountId: undefined };
    const options = { additionalSecretOutputs: ["token"] };
    super("postject:index:Server", name, { deletionProtection: undefined, ...outputs, ...args }, options);
  }
}

const forms = {
  dynamic: () => require("pulumi-postject").Server,
  plugin: () => PluginServer,
  peer: () => require("./peer").Server,
};
const Server = forms[process.env.BENCH_FORM]();

for (let index = 0; index < Number(process.env.BENCH_SERVERS); index++)
  new Server(`server-${index}`, { name: `Server ${index}` });
