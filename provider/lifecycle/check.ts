import { type CheckFailure, findProblems, type Properties, UNKNOWN } from "../settings";
import { isSameName } from "../spec";
import { DeletionProtectedError } from "./errors";
import type { Owner } from "./ownership";
import { isProtected, type Run } from "./run";
import { readInputs } from "./state";

export interface CheckRequest {
  readonly owner?: Owner;
  /** The inputs of the last update; none for a new resource, and for the replacement of one. */
  readonly oldInputs: Properties;
  /** The stored state, where the host is told: it completes old inputs that lack something. */
  readonly oldState?: Properties;
  readonly inputs: Properties;
  /** The provider's protection where the server is, if that differs: its account has other settings. */
  readonly oldProtection?: boolean | undefined;
  /** Makes up the name of a new resource that has none. */
  readonly autoName?: () => string | CheckFailure;
}

/**
 * Completes the inputs with a name, and finds everything that is wrong with them. Here and not in a diff is
 * where the replacement of a protected server is refused: a diff that fails would break refresh.
 */
export function check(
  run: Run,
  { owner, oldState = {}, inputs: given, autoName, ...request }: CheckRequest,
): { inputs: Properties; failures: CheckFailure[] } {
  const oldInputs: Properties = { ...readInputs(oldState), ...request.oldInputs };
  const inputs = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
  const isNew = Object.keys(oldInputs).length === 0;
  // What an earlier version accepted stays accepted.
  const failures = findProblems(run.inputFields, "Server", inputs).filter(
    ({ property }) => property === "" || inputs[property] !== oldInputs[property],
  );
  inputs.name ??= oldInputs.name;
  if (inputs.name === undefined) {
    const made = autoName?.() ?? { property: "name", reason: "must be given" };
    if (typeof made === "string") inputs.name = made;
    else failures.push(made);
  }

  if (isNew) failures.push(...checkNew(run, owner, inputs));
  else if (failures.length === 0 && isProtected(run, oldInputs, request.oldProtection))
    failures.push(...refuseReplacement(run, oldInputs, inputs));
  if (owner !== undefined) run.declared.add(owner);
  if (!isNew && owner !== undefined)
    run.checked.set(owner, { inputs: oldInputs, isProtected: request.oldProtection });
  return { inputs, failures };
}

/** A resource without old inputs is new, or the engine checks it again because it is about to replace it. */
function checkNew(run: Run, owner: Owner, inputs: Properties): CheckFailure[] {
  const { adopt } = inputs;
  const failures: CheckFailure[] = [];
  const replaced = run.checked.get(owner);
  if (replaced !== undefined) {
    run.replaced.add(owner);
    run.ownership.release(owner);
    // A value that is not known yet may turn out to be the same, and then nothing is replaced.
    const isUnknown = Object.keys(run.inputFields).some(
      (key) => run.inputFields[key]?.replaces && inputs[key] === UNKNOWN,
    );
    const isLifted = inputs.deletionProtection === false;
    if (!isUnknown && isProtected(run, replaced.inputs, replaced.isProtected))
      failures.push(refusal(replaced.inputs, { by: "run", isLifted }));
  }
  if (typeof adopt === "string" && owner !== undefined) {
    if (replaced !== undefined && adopt === run.ids.get(owner))
      failures.push({
        property: "adopt",
        reason: "names the server that this run replaces: remove the line",
      });
    else if (run.ownership.hasOther(adopt, owner) || run.ownership.isAnnouncedByOther(adopt, owner))
      failures.push({ property: "adopt", reason: "names a server that another resource of the program has" });
    run.ownership.announce(adopt, owner);
  }
  return failures;
}

/** A new name or account replaces the server; a value that is not known yet may turn out to be the same. */
function refuseReplacement(run: Run, oldInputs: Properties, inputs: Properties): CheckFailure[] {
  const isLifted = inputs.deletionProtection === false;
  const isChanged = (key: string) =>
    key in run.inputFields &&
    ![inputs[key], oldInputs[key]].includes(UNKNOWN) &&
    inputs[key] !== oldInputs[key];
  if (
    oldInputs.name !== undefined &&
    isChanged("name") &&
    !isSameName(String(inputs.name), String(oldInputs.name))
  )
    return [refusal(oldInputs, { by: "name", newName: String(inputs.name), isLifted })];
  return isChanged("account") ? [refusal(oldInputs, { by: "account", isLifted })] : [];
}

function refusal(
  { name, deletionProtection }: Properties,
  replacement: ConstructorParameters<typeof DeletionProtectedError>[1],
): CheckFailure {
  const server = {
    name: typeof name === "string" ? name : undefined,
    setsProtectionItself: deletionProtection === true,
  };
  return { property: "", reason: new DeletionProtectedError(server, replacement).message };
}
