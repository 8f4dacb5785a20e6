const pulumi = require("@pulumi/pulumi");

/** What a generated SDK has for a server. */
exports.Server = class extends pulumi.CustomResource {
  constructor(name, args, opts) {
    const outputs = { token: undefined, createdAt: undefined, streams: undefined, accountId: undefined };
    super(
      "postject:index:Server",
      name,
      { deletionProtection: undefined, ...outputs, ...args },
      pulumi.mergeOptions(opts ?? {}, { additionalSecretOutputs: ["token"] }),
    );
  }
};
