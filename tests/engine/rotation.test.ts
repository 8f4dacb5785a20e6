import { namesOf } from "../support/account";
import { useReference, useStack } from "../support/fixtures";
import { forms } from "../support/forms";

describe.each(forms)("rotating a server token in the $form form", ({ Server }) => {
  const reference = useReference();
  const stack = useStack({ reference });

  const inPlace =
    (quarter: string, deletionProtection = false) =>
    async () => {
      const options = { replacementTrigger: quarter, deleteBeforeReplace: true };
      const app = new Server("app", { name: "App", deletionProtection }, options);
      return { token: app.token };
    };

  const tokensOf = () => reference.servers().map(({ token }) => token);

  test("in place: a changed trigger deletes the server and makes another of the same name", async () => {
    await stack.mustRun("up", { program: inPlace("2026-Q4") });
    const [old] = tokensOf();
    expect((await stack.mustRun("up")).changes).toEqual({ same: 2 });
    const { changes } = await stack.mustRun("up", { program: inPlace("2027-Q1") });
    expect(changes).toMatchObject({ replace: 1 });
    expect(namesOf(reference)).toEqual(["App"]);
    expect(tokensOf()).not.toContain(old);
    expect(await stack.outputs()).toEqual({ token: tokensOf()[0] });
  });

  test("in place: a protected server keeps its token", async () => {
    await stack.mustRun("up", { program: inPlace("2026-Q4", true) });
    const before = tokensOf();
    const { failed, printed } = await stack.run("up", { program: inPlace("2027-Q1", true) });
    expect(failed).toBe(true);
    expect(printed).toContain("[deletion-protected]");
    expect(tokensOf()).toEqual(before);
  });

  /** The servers that are declared, by generation; the application has the token of `current`. */
  const overlap = (generations: Record<string, boolean>, current: string) => async () => {
    const tokens = Object.entries(generations).map(([generation, deletionProtection]) => {
      const server = new Server(`app-${generation}`, { name: `App ${generation}`, deletionProtection });
      return [generation, server.token] as const;
    });
    return { token: Object.fromEntries(tokens)[current] };
  };

  test("with overlap: both tokens work until the old server is let go", async () => {
    await stack.mustRun("up", { program: overlap({ "2026": true }, "2026") });
    const [old] = tokensOf();
    await stack.mustRun("up", { program: overlap({ "2026": false, "2027": true }, "2027") });
    const [kept, next] = tokensOf();
    expect(kept).toBe(old);
    expect(await stack.outputs()).toEqual({ token: next });
    await stack.mustRun("up", { program: overlap({ "2027": true }, "2027") });
    expect(tokensOf()).toEqual([next]);
    expect(reference.requests({ method: "DELETE" })).toHaveLength(1);
  });
});
