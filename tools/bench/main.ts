import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { writeSection } from "../markdown";
import { ROOT } from "../root";
import { measureEngine } from "./engine";
import { describeResults, type Measured } from "./measure";
import { measurePlugin } from "./plugin";
import { measureReference } from "./reference";
import { measureStart } from "./start";

const SAMPLES = path.join(ROOT, "tools/bench/samples.json");

/**
 * Measures the provider and prints a Markdown table; no time makes it fail. `--full` takes all sizes and more
 * rounds. `--write` saves the table in docs/performance.md and all samples in samples.json beside this file.
 */
async function main(): Promise<void> {
  const options = {
    full: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  } as const;
  const { full: isFull, write } = parseArgs({ options }).values;
  const results: Measured[] = [];
  for (const measureSome of [measureStart, measureEngine, measurePlugin, measureReference]) {
    console.error(`bench: ${measureSome.name} …`);
    results.push(...(await measureSome(isFull)));
  }
  const date = new Date().toISOString().slice(0, 10);
  const report = `${describeMachine()}; ${date}; the ${isFull ? "full" : "short"} form.\n\n${describeResults(results)}`;
  console.log(report);
  if (write) writeReport(report, results);
}

/** Cores, memory and Node.js; nothing that tells whose machine it is. */
function describeMachine(): string {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  const { model = "unknown" } = cpus()[0] ?? {};
  return `${availableParallelism()} cores (${model}), ${gibibytes} GiB, ${process.platform} ${process.arch}, Node.js ${process.version}`;
}

function writeReport(report: string, results: readonly Measured[]): void {
  writeSection("docs/performance.md", "npm run bench -- --full --write", report);
  const lines = results.map((result) => JSON.stringify(result));
  writeFileSync(SAMPLES, `[\n${lines.join(",\n")}\n]\n`);
}

main().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exit(1);
});
