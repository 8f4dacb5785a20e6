import { toTable } from "../markdown";

/** One row of the table: what is measured, what with, and what a user has of it. */
export interface Measurement {
  readonly name: string;
  /** A value of a contender, `plugin.portMs`. */
  readonly ours: string;
  /** What ours is divided by; without it, ours is shown as it is. */
  readonly theirs?: string;
  /** What `theirs` is, or the unit of ours, for readers. */
  readonly against: string;
  /** What a user would notice. */
  readonly meaning: string;
  /** The median that we want at the most. */
  readonly goal: number;
}

/** A measurement with one sample a round. */
export interface Measured extends Measurement {
  readonly samples: readonly number[];
}

/** What takes part in a round: runs once and returns what it took, by name. */
export type Contenders = Readonly<Record<string, () => Promise<Readonly<Record<string, number>>>>>;

/**
 * Runs every contender once a round, one after the other, so that a busy moment of the machine hits them all
 * alike; then compares them round by round. The first rounds, `warmUps`, are not counted.
 */
export async function measure(
  contenders: Contenders,
  measurements: readonly Measurement[],
  { rounds, warmUps = 0 }: { readonly rounds: number; readonly warmUps?: number },
): Promise<Measured[]> {
  const results: Record<string, number>[] = [];
  for (let round = 0; round < rounds + warmUps; round++) {
    const values: Record<string, number> = {};
    const entries = Object.entries(contenders);
    // Every other round runs backwards, so that no contender always follows the heaviest.
    for (const [contender, run] of round % 2 === 0 ? entries : entries.toReversed())
      for (const [name, value] of Object.entries(await run())) values[`${contender}.${name}`] = value;
    if (round >= warmUps) results.push(values);
  }
  return measurements.map((measurement) => ({
    ...measurement,
    samples: results.map((values) => {
      const read = (name: string) => {
        const value = values[name];
        if (value === undefined) throw new Error(`"${measurement.name}": nothing measures ${name}`);
        return value;
      };
      return read(measurement.ours) / (measurement.theirs === undefined ? 1 : read(measurement.theirs));
    }),
  }));
}

/** How long something takes, in milliseconds. */
export async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Does the work `times` times, `parallel` of them at once. */
export async function repeat(
  times: number,
  parallel: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

/** The results as a Markdown table. A median above its goal is marked. */
export function describeResults(results: readonly Measured[]): string {
  const rows = results.map(({ name, against, samples, goal, meaning }) => {
    const median = format(quantile(samples, 0.5));
    const spread = `${format(quantile(samples, 0.1))}–${format(quantile(samples, 0.9))}`;
    const isMet = quantile(samples, 0.5) <= goal;
    return [name, against, isMet ? median : `**${median}**`, spread, `≤ ${format(goal)}`, meaning];
  });
  const head = ["measurement", "compared with", "median", "10th–90th", "goal", "meaning"];
  return toTable([head, ...rows]);
}

/** The value below which about this share of the samples lies: 0.5 is the median. */
function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
}

const format = (value: number) => value.toFixed(value >= 10 ? 0 : 2);
