import { type RouteName, routeNames } from "../../provider/spec";
import { useReference, useStack } from "../support/fixtures";
import { forms } from "../support/forms";
import type { StateResource } from "../support/stack";

// What a run costs in requests and bytes does not vary, so it is held here; its time is the bench's.

const SERVERS = 3;

/** Bytes of what a server adds to the state by our doing: its inputs and outputs. */
const STATE_BUDGET = { dynamic: 1010, plugin: 860 };

const reference = useReference();
const stack = useStack({ reference, env: { POSTJECT_DELETION_PROTECTION: "false" } });

/** How many requests of each route a piece of work sends. */
async function routesOf(work: () => Promise<unknown>): Promise<Partial<Record<RouteName, number>>> {
  const before = reference.requestCount();
  await work();
  const sent = reference.requests().slice(before);
  const counts = routeNames.map((name) => [name, sent.filter(({ route }) => route === name).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const bytesOf = ({ inputs, outputs }: StateResource) => JSON.stringify({ inputs, outputs }).length;

test.each(forms)(
  "a run of the $form form sends no request and stores no byte too many",
  async ({ form, Server }) => {
    stack.program = async () => {
      for (let index = 0; index < SERVERS; index++)
        new Server(`server-${index}`, { name: `Server ${index}` });
    };
    expect(await routesOf(() => stack.mustRun("preview"))).toEqual({});
    expect(await routesOf(() => stack.mustRun("up"))).toEqual({ listServers: 1, createServer: SERVERS });
    const resources = await stack.resources();
    expect(resources).toHaveLength(SERVERS);
    for (const resource of resources) expect(bytesOf(resource)).toBeLessThanOrEqual(STATE_BUDGET[form]);
    const unchanged = { args: { expectNoChanges: true } };
    expect(await routesOf(() => stack.mustRun("up", unchanged))).toEqual({});
    expect(await routesOf(() => stack.mustRun("refresh", unchanged))).toEqual({ getServer: SERVERS });
    expect(await routesOf(() => stack.mustRun("destroy"))).toEqual({ deleteServer: SERVERS });
  },
);
