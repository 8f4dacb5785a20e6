import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measureClient } from "./client";
import { compareWithPeer, type Round, runAllOnEngine } from "./engine";
import type { Extent, Measured } from "./measure";
import { measurePlugin } from "./plugin";
import { measureReference } from "./reference";
import { describeMachine, type Report, toTable, writePage } from "./report";
import { measureStartup } from "./startup";

const HELP = `Measures the provider and prints a Markdown table; it fails on no time.

Usage: npm run bench -- [options]

  --full          all sizes and more rounds, about half an hour; without it about a minute and a half
  --json <file>   write all samples there
  --write         write docs/performance.md's table, its JSON and its plot
  --help          print this`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      full: { type: "boolean", default: false },
      json: { type: "string" },
      write: { type: "boolean", default: false },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const report = await measureAll({ isFull: values.full });
  console.log(`\n${toTable(report)}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (values.write) writePage(report);
}

async function measureAll(extent: Extent): Promise<Report> {
  const figures: Measured[] = [];
  const step = async (name: string, measure: (extent: Extent) => Promise<Measured[]>) => {
    console.error(`bench: ${name} …`);
    figures.push(...(await measure(extent)));
  };
  let growth: Round[] = [];
  await step("start", measureStartup);
  await step("real engine", async () => {
    growth = await runAllOnEngine(extent);
    return compareWithPeer(growth);
  });
  await step("plugin over gRPC", measurePlugin);
  await step("client", measureClient);
  await step("reference API", measureReference);
  const date = new Date().toISOString().slice(0, 10);
  return { isFull: extent.isFull, date, machine: describeMachine(), figures, growth };
}

main().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exit(1);
});
