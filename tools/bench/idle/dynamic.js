const { SERVER } = require("../../../dist/tools/bench/sample-server");

// In the place of `pulumi-postject/dynamic`: it answers at once and sends nothing.

let created = 0;

exports.check = async (_olds, inputs) => ({ inputs, failures: [] });

exports.create = async ({ name }) => {
  const { token, createdAt, streams } = SERVER;
  return { id: `idle-${created++}`, outs: { name, token, createdAt, streams, accountId: "idle" } };
};

exports.delete = async () => {};
