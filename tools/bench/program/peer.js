const pulumi = require("@pulumi/pulumi");

// The peer of the bench: a dynamic provider as one is written by hand for an API like this one, following
// Pulumi's own guide. It knows nothing of lost answers, deletion protection or proof of deletion.

const endpoint = process.env.POSTJECT_ENDPOINT ?? "https://api.postject.com";

async function call(method, path, body) {
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${process.env.POSTJECT_ACCESS_TOKEN}`,
      "content-type": "application/json",
    },
    body: body && JSON.stringify(body),
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const provider = {
  async check(_olds, news) {
    const failures = [];
    if (!news.name) failures.push({ property: "name", reason: "name is required" });
    return { inputs: news, failures };
  },
  async create(inputs) {
    const { id, token, createdAt, streams } = await call("POST", "/v1/servers", { name: inputs.name });
    return { id, outs: { name: inputs.name, token, createdAt, streams } };
  },
  async read(id) {
    const server = await call("GET", `/v1/servers/${id}`);
    if (server === undefined) return { id: "", props: {} };
    const { name, token, createdAt, streams } = server;
    return { id, props: { name, token, createdAt, streams } };
  },
  async diff(_id, olds, news) {
    const replaces = olds.name !== news.name ? ["name"] : [];
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: true };
  },
  async delete(id) {
    // A server that is already gone is fine.
    await call("DELETE", `/v1/servers/${id}`);
  },
};

exports.Server = class extends pulumi.dynamic.Resource {
  constructor(name, args, opts) {
    super(
      provider,
      name,
      { token: undefined, createdAt: undefined, streams: undefined, ...args },
      pulumi.mergeOptions(opts ?? {}, { additionalSecretOutputs: ["token"] }),
    );
  }
};
