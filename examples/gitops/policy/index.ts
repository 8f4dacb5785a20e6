import { PolicyPack } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";

/** Of programs in TypeScript, and of those that use the plugin. */
const serverTypes = ["pulumi-nodejs:dynamic/postject:Server", "postject:index:Server"];

/** Stacks that are production. Yours may have other names. */
const production = /^prod/;

new PolicyPack("postject", {
  policies: [
    {
      name: "production-servers-are-protected",
      description: "A Postject server of production has deletion protection on.",
      enforcementLevel: "mandatory",
      validateResource({ type, props, provider }, reportViolation) {
        if (!serverTypes.includes(type) || !production.test(pulumi.getStack())) return;
        // A server that says nothing takes what the variable, its provider or the configuration says.
        const configured = ["postject", `postject-${props.account}`].map((namespace) =>
          new pulumi.Config(namespace).get("deletionProtection"),
        );
        const inherited = [process.env.POSTJECT_DELETION_PROTECTION, provider?.props.deletionProtection, ...configured];
        const settings = props.deletionProtection === undefined ? inherited : [props.deletionProtection];
        if (settings.some((setting) => String(setting) === "false"))
          reportViolation("It would not be protected: `deletionProtection` is false for it.");
      },
    },
  ],
});
