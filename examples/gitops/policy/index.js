// Plain JavaScript, so that a run does not wait for a compiler.
const { PolicyPack } = require("@pulumi/policy");

/** Of programs in TypeScript, and of those that use the plugin. */
const serverTypes = ["pulumi-nodejs:dynamic/postject:Server", "postject:index:Server"];

/** URNs of stacks that are production. Yours may have other names. */
const production = /^urn:pulumi:prod/;

new PolicyPack("postject", {
  policies: [
    {
      name: "production-servers-are-protected",
      description: "A Postject server of production has deletion protection on.",
      enforcementLevel: "mandatory",
      validateResource({ urn, type, props, provider }, reportViolation) {
        if (!serverTypes.includes(type) || !production.test(urn)) return;
        if (readSettings(props, provider?.props ?? {}).some((setting) => String(setting) === "false"))
          reportViolation("`deletionProtection` is false for it. Take that out.");
      },
    },
  ],
});

/** What a server says itself; if nothing, all that may speak for it: variables, and its provider's configuration. */
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
