import { configuration, configurationKeys, PACKAGE_NAME } from "../spec";

/**
 * What to tell a user about keys in stack configuration that mean nothing to this package: most likely they
 * are misspelt. `keys` are full ones, such as `postject:endpoint`; those of other packages and of the project
 * itself are left alone.
 */
export function describeUnknownKeys(keys: readonly string[], project: string): string[] {
  return keys.flatMap((fullKey) => {
    const [namespace = "", key = ""] = fullKey.split(":");
    const isOurs =
      namespace !== project && (namespace === PACKAGE_NAME || namespace.startsWith(`${PACKAGE_NAME}-`));
    if (!isOurs || Object.hasOwn(configuration, key)) return [];
    const [closest = ""] = configurationKeys.toSorted((a, b) => distance(a, key) - distance(b, key));
    const hint =
      distance(closest, key) <= key.length / 2
        ? `did you mean ${namespace}:${closest}?`
        : `the keys are ${configurationKeys.join(", ")}.`;
    return [`${fullKey} is not a setting of this package; ${hint}`];
  });
}

/** Levenshtein distance, ignoring case: how many letters must be added, removed or changed. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from.toLowerCase()].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to.toLowerCase()].entries())
      next.push(
        Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
