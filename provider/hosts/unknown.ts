import { UNKNOWN } from "../settings";

/** What the engine sends, in both protocols, for a value that is not known yet. */
const SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function fromSentinel(value: unknown): unknown {
  return value === SENTINEL ? UNKNOWN : value;
}

export function toSentinel(value: unknown): unknown {
  return value === UNKNOWN ? SENTINEL : value;
}
