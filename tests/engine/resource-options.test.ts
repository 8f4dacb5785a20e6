import * as pulumi from "@pulumi/pulumi";
import { createByHand, namesOf } from "../support/account";
import { useReference, useStack } from "../support/fixtures";
import { forms, PluginServer } from "../support/forms";

describe.each(forms)("options of a server in the $form form", ({ Server }) => {
  const reference = useReference({ plan: "free" });
  const stack = useStack({ reference });

  test("an error hook is told the error's code, and its retry creates the server once the plan has room", async () => {
    await createByHand(reference, "Old");
    const seen: string[] = [];
    stack.program = async () => {
      const makeRoom = new pulumi.ErrorHook("make-room", ({ errors }) => {
        seen.push(...errors);
        reference.reset();
        return true;
      });
      new Server("app", { name: "App" }, { hooks: { onError: [makeRoom] } });
    };
    const { failed, printed } = await stack.run("up");
    expect({ failed, printed }).toMatchObject({ failed: false });
    expect(seen).toEqual([expect.stringContaining("[plan-limit]")]);
    expect(namesOf(reference)).toEqual(["App"]);
  });

  test("retainOnDelete and deletedWith both leave a protected server in the account", async () => {
    const options = [{ retainOnDelete: true }, { deletedWith: true }];
    for (const { retainOnDelete = false, deletedWith = false } of options) {
      stack.program = async () => {
        const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
        new Server("app", { name: "App" }, { retainOnDelete, ...(deletedWith && { deletedWith: parent }) });
      };
      await stack.run("up");
      const { failed, printed } = await stack.run("destroy");
      expect({ failed, printed }).toMatchObject({ failed: false });
      expect(namesOf(reference)).toEqual(["App"]);
      reference.reset();
    }
  });
});

class Provider extends pulumi.ProviderResource {}

describe("an explicit provider with envVarMappings", () => {
  const reference = useReference();
  const stack = useStack({ reference });

  test("takes the access token from the variable that is mapped, and the state has no trace of it", async () => {
    stack.program = async () => {
      const envVarMappings = { STAGING_ACCESS_TOKEN: "POSTJECT_ACCESS_TOKEN" };
      const provider = new Provider("postject", "staging", {}, { envVarMappings });
      new PluginServer("app", { name: "App" }, { provider });
    };
    const env = { POSTJECT_ACCESS_TOKEN: "", STAGING_ACCESS_TOKEN: reference.accessToken };
    const { failed, printed } = await stack.run("up", { env });
    expect({ failed, printed }).toMatchObject({ failed: false });
    expect(namesOf(reference)).toEqual(["App"]);
    expect(stack.rawState()).not.toContain("accessToken");
  });
});
