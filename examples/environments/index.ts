import * as pulumi from "@pulumi/pulumi";
import * as postject from "pulumi-postject";

// One template for all stacks. What differs is in Pulumi.<stack>.yaml.
const environment = new postject.Environment(pulumi.getStack(), {
  servers: {
    app: {},
    newsletter: { name: "Newsletter" },
  },
});

// What an application needs, by variable; the tokens among them are secret.
export const variables = environment.variables;
