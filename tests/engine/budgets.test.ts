import { type RouteName, routeNames } from "../../provider/spec";
import { useReference, useStack } from "../support/fixtures";
import { forms } from "../support/forms";
import type { StateResource } from "../support/stack";

// What a run costs in requests and bytes does not vary, so here it is held; what it costs in time is the bench's.

const SERVERS = 3;

/** Bytes of what a server adds to the state by our doing: its inputs and outputs. */
const STATE_BUDGET = { dynamic: 1010, plugin: 860 };

function countRoutes(): Partial<Record<RouteName, number>> {
  const counts = routeNames.map((route) => [route, reference.requests({ route }).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const bytesOf = ({ inputs, outputs }: StateResource) => JSON.stringify({ inputs, outputs }).length;

const reference = useReference();
const stack = useStack({ reference, env: { POSTJECT_DELETION_PROTECTION: "false" } });

test.each(forms)(
  "a run of the $form form sends no request and stores no byte too many",
  async ({ form, Server }) => {
    stack.program = async () => {
      for (let index = 0; index < SERVERS; index++)
        new Server(`server-${index}`, { name: `Server ${index}` });
    };
    const costs: Record<string, unknown> = {};
    let sent = countRoutes();
    for (const operation of ["preview", "up", "up", "refresh", "destroy"] as const) {
      const { failed, printed } = await stack.run(operation);
      expect({ failed, printed: failed ? printed : "" }).toEqual({ failed: false, printed: "" });
      const now = countRoutes();
      const routes = routeNames.map((route) => [route, (now[route] ?? 0) - (sent[route] ?? 0)] as const);
      costs[operation in costs ? `${operation} again` : operation] = Object.fromEntries(
        routes.filter(([, count]) => count > 0),
      );
      sent = now;
      if (operation !== "up") continue;
      for (const resource of await stack.resources())
        expect(bytesOf(resource)).toBeLessThanOrEqual(STATE_BUDGET[form]);
    }
    expect(costs).toEqual({
      preview: {},
      up: { listServers: 1, createServer: SERVERS },
      "up again": {},
      refresh: { getServer: SERVERS },
      destroy: { deleteServer: SERVERS },
    });
  },
);
