import { type DeadlineOptions, startDeadline } from "../client";
import type { Properties } from "../settings";
import { plans, serverLimitOf } from "../spec";
import { count, existing, textOf } from "./errors";
import type { Owner } from "./ownership";
import type { Notice, Run } from "./run";
import { readInputs } from "./state";

export interface PreviewCreateRequest extends DeadlineOptions {
  readonly owner?: Owner;
  readonly inputs: Properties;
}

/**
 * What a create would store, as far as it is known, and whether the plan's limit is in its way. Sends one
 * list per run, and nothing at all if no limit is configured.
 */
export async function previewCreate(
  run: Run,
  request: PreviewCreateRequest,
): Promise<{ state: Properties; notices: Notice[] }> {
  const { adopt: _, ...state } = readInputs(request.inputs);
  // It may not be known yet which server is adopted.
  const notices = request.inputs.adopt === undefined ? await compareWithPlan(run, request, state.name) : [];
  return { state, notices };
}

async function compareWithPlan(
  run: Run,
  request: PreviewCreateRequest,
  name: string | undefined,
): Promise<Notice[]> {
  const { plan } = run.configuration;
  const limit = serverLimitOf(run.configuration);
  if (limit === undefined || limit === Number.POSITIVE_INFINITY) return [];
  const isReplacement = run.replaced.has(request.owner);
  // Counted before the list is awaited: previews of several creates run side by side.
  if (!isReplacement) run.plannedCreates += 1;
  const planned = run.plannedCreates;
  try {
    await run.inventory.load(run.client, startDeadline(request));
  } catch (error) {
    return [{ severity: "warning", message: `The plan's limit could not be checked: ${textOf(error)}` }];
  }
  const used = run.inventory.count();
  const owner = plan === undefined ? "The configured limit" : `The ${plans[plan].title} plan`;
  const full = `${owner} allows ${count(limit, "server")}, and ${existing(used)}`;
  if (isReplacement) {
    // The engine does not tell whether it deletes the old server first, so this is not a warning.
    const message = `${full}: this replacement works only with the resource option \`deleteBeforeReplace: true\`.`;
    return used + 1 > limit ? [{ severity: "info", message }] : [];
  }
  if (used + planned <= limit) return [];
  const shown = name === undefined ? "this one" : `server "${name}"`;
  const message = `${full}. This run creates at least ${planned} more, so ${shown} may be refused: delete a server first, or upgrade the plan.`;
  return [{ severity: "warning", message }];
}
