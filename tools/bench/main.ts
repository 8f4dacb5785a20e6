import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measureClient } from "./client";
import { measureEngine } from "./engine";
import type { Extent } from "./measure";
import { measurePlugin } from "./plugin";
import { measureReference } from "./reference";
import { describeMachine, type Report, toTable, writePage } from "./report";
import { measureStartup } from "./startup";

const HELP = `Measures the provider and prints a Markdown table; it fails on no time.

Usage: npm run bench -- [options]

  --full          all sizes and more rounds, about half an hour; without it about two minutes
  --json <file>   write all samples there
  --write         full, and write docs/performance.md's table, its JSON and its plot
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
  const report = await measureAll({ isFull: values.full || values.write });
  console.log(`\n${toTable(report)}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (values.write) writePage(report);
}

async function measureAll(extent: Extent): Promise<Report> {
  const announce = (name: string) => console.error(`bench: ${name} …`);
  announce("start");
  const startup = await measureStartup(extent);
  announce("real engine");
  const { figures, growth } = await measureEngine(extent);
  announce("plugin over gRPC");
  const plugin = await measurePlugin(extent);
  announce("client");
  const client = await measureClient(extent);
  announce("reference API");
  const reference = await measureReference(extent);
  return {
    isFull: extent.isFull,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    figures: [...startup, ...figures, ...plugin, ...client, ...reference],
    growth,
  };
}

main().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exit(1);
});
