import * as pulumi from "@pulumi/pulumi";

/**
 * What Pulumi prints without a stack trace, which would be of no use to the user. It has none at all: Pulumi
 * formats it all the same, and Node.js 20 takes fifteen seconds over a frame whose path ends in
 * `node_modules/@pulumi/resource.ts`.
 */
export function userError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = `${error.name}: ${message}`;
  return error;
}
