import type { Configuration, Deadline } from "../client";
import { type Plan, plans, serverLimitOf } from "../spec";
import { textOf } from "./errors";
import type { Inventory } from "./inventory";

/** Tells before a create whether it will be refused. */
export interface Forecast {
  /** Counts one more create and answers the warnings it earns. Sends one list a run, and none if no limit is configured. */
  create(name: string | undefined, deadline: Deadline): Promise<string[]>;
}

/** Counts the creates of a preview against the configured plan; without one it knows nothing and asks nothing. */
export function createForecast(
  configuration: Pick<Configuration, "plan" | "serverLimit">,
  inventory: Inventory,
): Forecast {
  const plan: Plan = configuration.plan ?? "scale";
  const limit = serverLimitOf(plan, configuration.serverLimit);
  let planned = 0;
  return {
    async create(name, deadline) {
      if (limit === undefined || limit === Number.POSITIVE_INFINITY) return [];
      planned += 1;
      const count = planned;
      try {
        await inventory.load(deadline);
      } catch (error) {
        return [`The plan's limit could not be checked: ${textOf(error)}`];
      }
      const used = inventory.count();
      if (used + count <= limit) return [];
      const shown = name === undefined ? "this server" : `server "${name}"`;
      return [
        `The ${plans[plan].title} plan allows ${limit} servers; ${used} exist and this run creates ${count} or more, so ` +
          `${shown} may be refused. Delete a server first, take a larger plan, or, where a server is replaced, set ` +
          "`deleteBeforeReplace: true`.",
      ];
    },
  };
}
