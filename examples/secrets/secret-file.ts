import { chmodSync, rmSync, writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

interface File {
  readonly path: string;
  readonly content: string;
}

function write({ path, content }: File): void {
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, 0o600); // the mode above applies only to a new file
}

const provider: pulumi.dynamic.ResourceProvider<File, File> = {
  async diff(_id, olds, news) {
    return {
      changes: olds.content !== news.content || olds.path !== news.path,
      replaces: olds.path !== news.path ? ["path"] : [],
    };
  },
  async create(inputs) {
    write(inputs);
    return { id: inputs.path, outs: inputs };
  },
  async update(_id, _olds, news) {
    write(news);
    return { outs: news };
  },
  async delete(id) {
    rmSync(id, { force: true });
  },
};

/** A file only its owner can read, where `pulumi up` runs. It stands in for resources that take secrets. */
export class SecretFile extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: { [Key in keyof File]: pulumi.Input<string> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(provider, name, args, pulumi.mergeOptions(opts, { additionalSecretOutputs: ["content"] }));
  }
}
