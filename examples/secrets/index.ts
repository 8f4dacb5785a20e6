import * as pulumi from "@pulumi/pulumi";
import * as postject from "pulumi-postject";
import { SecretFile } from "./secret-file";

const { variables } = new postject.Environment(pulumi.getStack(), {
  servers: { app: {}, newsletter: {} },
  deletionProtection: false,
});

// As another resource's input. What is derived from a secret is a secret: encrypted in that state as well.
const lines = pulumi
  .all(variables)
  .apply((values) => Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`));

new SecretFile("env", { path: ".env", content: lines.apply((all) => all.join("")) });

// Each variable is an output of the stack. The tokens are secrets.
export = variables;
