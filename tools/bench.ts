import { spawn } from "node:child_process";
import path from "node:path";
import { ROOT } from "./root";

interface Figure {
  readonly what: string;
  readonly against: string;
  readonly ratio: number;
  readonly spread: string;
  readonly budget: number;
}

/** How often each thing is run; interleaved, so that a busy moment of the machine hits all alike. */
const ROUNDS = 21;

const PLUGIN = path.join(ROOT, "pulumi-resource-postject");
const SDK = path.join(ROOT, "node_modules/@pulumi/pulumi");

/** What is measured: how long a fresh Node.js takes until it prints a first line. */
const commands = {
  "bare node": ["-e", "console.log(0)"],
  "plugin spawn → port": [PLUGIN, "127.0.0.1:1"],
  "the plugin, importing the SDK": ["-r", SDK, PLUGIN, "127.0.0.1:1"],
  "import @pulumi/pulumi": ["-e", `require(${JSON.stringify(SDK)}); console.log(0)`],
  "import pulumi-postject": [
    "-e",
    `require(${JSON.stringify(SDK)}); require("pulumi-postject"); console.log(0)`,
  ],
} as const;

type Command = keyof typeof commands;

/** Prints ratios of things run side by side, as Markdown; never fails on a time. */
async function main(): Promise<void> {
  const times = new Map<Command, number[]>();
  const names = Object.keys(commands) as Command[];
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names)
      times.set(name, [...(times.get(name) ?? []), await firstLineMs(commands[name])]);
  }
  const compare = (what: Command, against: Command, budget: number): Figure => {
    const [tops, bottoms] = [times.get(what) ?? [], times.get(against) ?? []];
    const ratios = tops.map((ms, round) => ms / (bottoms[round] ?? Number.NaN)).toSorted((a, b) => a - b);
    const at = (share: number) => ratios[Math.floor(share * (ratios.length - 1))] ?? Number.NaN;
    return { what, against, ratio: at(0.5), spread: `${at(0.1).toFixed(2)}–${at(0.9).toFixed(2)}`, budget };
  };
  const figures = [
    compare("plugin spawn → port", "bare node", 2),
    compare("plugin spawn → port", "the plugin, importing the SDK", 0.3),
    compare("import pulumi-postject", "import @pulumi/pulumi", 1.05),
  ];
  console.log(
    `Node.js ${process.version}, ${ROUNDS} rounds, median of the ratios and their 10th to 90th percentile\n`,
  );
  console.log("| figure | against | ratio | spread | budget |\n|---|---|---|---|---|");
  for (const { what, against, ratio, spread, budget } of figures) {
    console.log(`| ${what} | ${against} | ${ratio.toFixed(2)} | ${spread} | ${budget.toFixed(2)} |`);
  }
}

async function firstLineMs(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((done) => child.stdout.once("data", done));
  const elapsed = performance.now() - started;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await ended;
  return elapsed;
}

void main();
