const { BARE_ID, SERVER } = require("../../../dist/tools/bench/sample-server");

// In the place of `pulumi-postject/dynamic`: it answers at once and sends nothing.

let created = 0;

exports.check = async (_olds, inputs) => ({ inputs, failures: [] });

exports.create = async ({ name }) => {
  const { token, createdAt, streams } = SERVER;
  return { id: `${BARE_ID}${created++}`, outs: { name, token, createdAt, streams, accountId: "acct_bare" } };
};

exports.delete = async () => {};
