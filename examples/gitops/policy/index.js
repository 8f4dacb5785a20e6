// Plain JavaScript, so that no run waits for a compiler.
const { PolicyPack } = require("@pulumi/policy");

/** The types of servers in TypeScript programs, and in those that use the plugin. */
const serverTypes = ["pulumi-nodejs:dynamic/postject:Server", "postject:index:Server"];

/** URNs of production stacks. Yours may have other names. */
const production = /^urn:pulumi:prod/;

new PolicyPack("postject", {
  policies: [
    {
      name: "production-servers-are-protected",
      description: "Postject servers in production have deletion protection.",
      enforcementLevel: "mandatory",
      validateResource({ urn, type, props, provider }, reportViolation) {
        if (!serverTypes.includes(type) || !production.test(urn)) return;
        if (readSettings(props, provider?.props ?? {}).some((setting) => String(setting) === "false"))
          reportViolation("`deletionProtection` is false for this server. Remove that.");
      },
    },
  ],
});

/** The server's own setting or, without one, all that apply: variables, and its provider's configuration. */
function readSettings({ deletionProtection, account = "" }, provider) {
  if (deletionProtection !== undefined) return [deletionProtection];
  const variable = `POSTJECT_${account.replaceAll("-", "_").toUpperCase()}_DELETION_PROTECTION`;
  return [
    process.env.POSTJECT_DELETION_PROTECTION,
    process.env[variable],
    provider.deletionProtection,
    provider["postject:deletionProtection"],
    provider[`postject-${account}:deletionProtection`],
  ];
}
