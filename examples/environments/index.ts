import * as pulumi from "@pulumi/pulumi";
import * as postject from "pulumi-postject";

// One template for all stacks. What differs is in Pulumi.<stack>.yaml.
const environment = new postject.Environment(pulumi.getStack(), {
  servers: {
    app: {},
    newsletter: { name: "Newsletter" },
  },
});

// The environment variables that an application needs. The tokens are secrets.
export const variables = environment.variables;
