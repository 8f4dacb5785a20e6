/** One thing that is measured: declared once, next to what measures it. Table, JSON and page derive from it. */
export interface Figure {
  readonly name: string;
  /** What it is divided by, measured side by side; or what is counted. */
  readonly against: string;
  readonly unit: "×" | "MiB" | "s" | "bytes";
  readonly budget: number;
  /** Which side of the budget is good. */
  readonly isBest: "low" | "high";
  /** What it means to a user. */
  readonly meaning: string;
}

/** A figure with what was seen: one sample a round. */
export interface Measured {
  readonly figure: Figure;
  readonly samples: readonly number[];
}

/** How much time a run of the bench may take. */
export interface Extent {
  readonly isFull: boolean;
}

/**
 * Runs each thing once a round, one after the other, so that a busy moment of the machine hits all alike. Answers what
 * each gave, round by round.
 */
export async function interleave<Name extends string, Value>(
  rounds: number,
  things: Readonly<Record<Name, () => Promise<Value>>>,
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(things) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>;
  for (let round = 0; round < rounds; round++) {
    // Every other round backwards, so that no thing is always the one after the heaviest.
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name].push(await things[name]());
  }
  return results;
}

/** Divides round by round: the two were measured within moments of each other. */
export function ratios(tops: readonly number[], bottoms: readonly number[]): number[] {
  return tops.map((top, round) => top / (bottoms[round] ?? Number.NaN));
}

/** The value below which this share of the samples lies: 0.5 is the median. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}

/** Whether the median is within the budget. */
export function isMet({ figure: { budget, isBest }, samples }: Measured): boolean {
  const median = quantile(samples, 0.5);
  return isBest === "low" ? median <= budget : median >= budget;
}

/** How long something takes, in milliseconds. */
export async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
