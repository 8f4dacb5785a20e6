import * as pulumi from "@pulumi/pulumi";
import * as postject from "pulumi-postject";

const stack = pulumi.getStack();

const environment = new postject.Environment(stack, {
  servers: { app: {}, newsletter: {} },
  // A pull request's environment is destroyed when the pull request closes, with nobody there to approve it.
  ...(stack.startsWith("pr-") && { deletionProtection: false }),
});

export const variables = environment.variables;
