import { createHash, randomBytes } from "node:crypto";
import type { CheckFailure } from "../settings";

/** How the engine wants resources without a name to be named: its `pulumi:autonaming` configuration. */
export interface AutoNaming {
  readonly mode: "default" | "propose" | "enforce" | "disable";
  /** The engine's name, in the modes `propose` and `enforce`. */
  readonly proposedName: string;
  /** The resource's name in the program. */
  readonly logicalName: string;
  /** The same for both checks of one run; may be empty. */
  readonly seed: Uint8Array;
}

/** The name of a new server: the engine's, or the resource's with seven hex digits, as is usual in Pulumi. */
export function autoName({ mode, proposedName, logicalName, seed }: AutoNaming): string | CheckFailure {
  if (mode === "disable") {
    return { property: "name", reason: "must be given, because auto-naming is disabled for this stack" };
  }
  if (proposedName !== "") return proposedName;
  const chance =
    seed.length > 0 ? createHash("sha256").update(seed).update(logicalName).digest() : randomBytes(4);
  return `${logicalName}-${chance.toString("hex").slice(0, 7)}`;
}
