import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import path from "node:path";
import { ROOT } from "../root";
import type { Round } from "./engine";
import { isMet, type Measured, quantile } from "./measure";
import { plotGrowth } from "./plot";

/** What a run of the bench found, and on what. */
export interface Report {
  readonly isFull: boolean;
  readonly date: string;
  readonly machine: string;
  readonly figures: readonly Measured[];
  /** Every round on the real engine. */
  readonly growth: readonly Round[];
}

const PAGE = path.join(ROOT, "docs/performance.md");

/** The page's table stands between these; the rest of the page is written by hand. */
const MARKERS = ["<!-- bench: begin -->", "<!-- bench: end -->"] as const;

/** Cores, memory and Node.js; nothing that tells whose machine it is. */
export function describeMachine(): string {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  const { model = "unknown" } = cpus()[0] ?? {};
  return `${availableParallelism()} cores (${model}), ${gibibytes} GiB, ${process.platform} ${process.arch}, Node.js ${process.version}`;
}

/** The figures as a Markdown table. A median outside its budget is marked. */
export function toTable({ figures, isFull, date, machine }: Report): string {
  const rows = figures.map((measured) => {
    const { figure, samples } = measured;
    const show = (value: number) => `${formatValue(value)}${figure.unit === "×" ? "" : ` ${figure.unit}`}`;
    const median = show(quantile(samples, 0.5));
    const spread = `${formatValue(quantile(samples, 0.1))}–${formatValue(quantile(samples, 0.9))}`;
    const budget = `${figure.isBest === "low" ? "≤" : "≥"} ${show(figure.budget)}`;
    return [figure.name, figure.against, isMet(measured) ? median : `**${median}, missed**`, spread, budget];
  });
  const head = ["figure", "against", "median", "10th–90th", "budget"];
  return [
    `${machine}; ${date}; the ${isFull ? "full" : "short"} form.`,
    "",
    ...[head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");
}

/** Writes the table and the meanings into docs/performance.md, the samples and the plot beside it. */
export function writePage(report: Report): void {
  const [begin, end] = MARKERS;
  const [before, rest] = readFileSync(PAGE, "utf8").split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${PAGE} lacks the markers ${MARKERS.join(" and ")}`);
  const written = [begin, toTable(report), "", "## What each figure means", "", ...explain(report), end].join(
    "\n",
  );
  writeFileSync(PAGE, `${before}${written}${after}`);
  writeFileSync(PAGE.replace(/md$/, "svg"), plotGrowth(report.growth));
  writeFileSync(PAGE.replace(/md$/, "json"), `${JSON.stringify(report, null, 1)}\n`);
}

/** Each meaning once, with the figures that have it; what they are against is named where their names do not tell it apart. */
function explain({ figures }: Report): string[] {
  const all = figures.map(({ figure }) => figure);
  return [...new Set(all.map(({ meaning }) => meaning))].map((meaning) => {
    const own = all.filter((figure) => figure.meaning === meaning);
    const names = new Set(own.map(({ name }) => name));
    const isApart = all.every(({ name, meaning: other }) => other === meaning || !names.has(name));
    const against = isApart
      ? ""
      : ` (against ${[...new Set(own.map((figure) => figure.against))].join("; ")})`;
    return `- ${[...names].join("; ")}${against}: ${meaning}`;
  });
}

function formatValue(value: number): string {
  return value.toFixed(value >= 10 ? 0 : 2);
}
