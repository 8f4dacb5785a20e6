import * as pulumi from "@pulumi/pulumi";
import * as postject from "pulumi-postject";

const stack = pulumi.getStack();

const environment = new postject.Environment(stack, {
  servers: { app: {}, newsletter: {} },
  // A pull request's environment goes when the pull request is closed; nobody is there to allow it.
  ...(stack.startsWith("pr-") && { deletionProtection: false }),
});

export const variables = environment.variables;
