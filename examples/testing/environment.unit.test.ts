import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { environment } from "./environment";

const names: string[] = [];

pulumi.runtime.setMocks({
  newResource({ name, inputs }) {
    names.push(inputs.name);
    return { id: `${name}-id`, state: { ...inputs, token: `token-of-${name}` } };
  },
  // Lookups: `token` is `postject:index:getServer` or `postject:index:getServers`.
  call: ({ token }) => assert.fail(`the program looks something up: ${token}`),
});

test("an environment declares two servers and returns their tokens", async () => {
  const { appToken, newsletterToken } = environment(7);
  const tokens = await new Promise((resolve) => pulumi.all([appToken, newsletterToken]).apply(resolve));
  assert.deepEqual(tokens, ["token-of-app", "token-of-newsletter"]);
  assert.deepEqual(names, ["pr-7-app", "pr-7-newsletter"]);
});
