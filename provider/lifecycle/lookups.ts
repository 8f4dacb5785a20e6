import { getServer as findServer, getServers as listServers, PostjectError } from "../client";
import {
  type Fields,
  functions,
  type GetServerResult,
  type GetServersResult,
  withoutOnlyDynamic,
} from "../spec";
import { findProblems, type Properties } from "./properties";
import { type Limits, type Run, startOperation } from "./run";

/** Finds one server, by `id` or by `name`. Rejects with `bad-request`, `not-found` or `ambiguous`. */
export async function getServer(run: Run, args: Properties, limits: Limits): Promise<GetServerResult> {
  refuseProblems(withoutOnlyDynamic(functions.getServer.inputs), "getServer", args);
  return findServer(run.client, args, startOperation(limits));
}

/** Lists the account's servers. Rejects with `bad-request`. */
export async function getServers(run: Run, args: Properties, limits: Limits): Promise<GetServersResult> {
  refuseProblems(withoutOnlyDynamic(functions.getServers.inputs), "getServers", args);
  return listServers(run.client, args, startOperation(limits));
}

/** Arguments come from any language, so their types are not sure. */
function refuseProblems(fields: Fields, name: string, args: Properties): void {
  const [problem] = findProblems(fields, name, args);
  if (problem === undefined) return;
  throw new PostjectError("bad-request", [problem.property, problem.reason].filter(Boolean).join(" "));
}
