import { writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../root";
import { runCommand } from "../workspace";
import { renderDataFlow } from "./data-flow";
import { renderTerminal } from "./terminal";

/** What the picture shows of each step of the demo: lines that match. The summary is shown whole. */
const shown: Readonly<Record<string, RegExp>> = {
  "1": /Server .* create|marketingName/,
  "3": /OUTPUT|app|marketing/,
  "7": /^ +error: /,
};

const COLUMNS = 98;

/** Draws `docs/data-flow.svg`, and `docs/demo.svg` from what a run of the demo prints. */
async function main(): Promise<void> {
  writeFileSync(path.join(ROOT, "docs/data-flow.svg"), renderDataFlow());
  const demo = path.join(ROOT, "dist/tools/demo.js");
  const { exitCode, stdout, stderr } = await runCommand(process.execPath, [demo], ROOT, {});
  if (exitCode !== 0) throw new Error(`the demo failed:\n${stdout}${stderr}`);
  const title = "What npm run demo prints: nine steps with the real Pulumi engine, each as it should be";
  writeFileSync(path.join(ROOT, "docs/demo.svg"), renderTerminal(title, selectLines(stdout)));
}

/** An excerpt that fits a page: some steps, a part of their output, and the summary. */
function selectLines(printed: string): string[] {
  const [greeting = "", ...sections] = printed.split(/^(?=━━ )/m);
  const steps = sections.flatMap((section) => {
    const [heading = "", ...lines] = section.trimEnd().split("\n");
    const [, number] = /^━━ (\d+)\./.exec(heading) ?? [];
    if (number === undefined) return ["", heading, ...lines];
    const pattern = shown[number];
    if (pattern === undefined) return [];
    const command = lines.findIndex((line) => line.startsWith("$ "));
    const output = lines.slice(command + 1).filter((line) => pattern.test(line));
    return ["", heading, ...lines.slice(0, command + 1), ...output.flatMap(wrap)];
  });
  return ["$ npm run demo", greeting.trim(), ...steps];
}

/** Breaks a long line between words, as deep as it is indented. */
function wrap(line: string): string[] {
  const indent = /^ */.exec(line)?.[0] ?? "";
  const rows: string[] = [];
  for (const word of line.trim().split(" ")) {
    const row = rows.at(-1);
    if (row !== undefined && row.length + word.length < COLUMNS) rows[rows.length - 1] = `${row} ${word}`;
    else rows.push(`${indent}${word}`);
  }
  return line.length <= COLUMNS ? [line] : rows;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
