import path from "node:path";
import { provideEngine } from "../engine/engine";
import { ROOT } from "../root";
import { createWorkspace, linkPackage, type Workspace } from "../workspace";
import { type Extent, type Figure, type Measured, ratios, timeMs } from "./measure";
import { forkReference } from "./processes";

/** Our two forms, and the dynamic provider that one would write by hand: `program/peer.js`. */
export const forms = ["dynamic", "plugin", "peer"] as const;

export type Form = (typeof forms)[number];

type OwnForm = Exclude<Form, "peer">;

const ownForms: readonly OwnForm[] = ["dynamic", "plugin"];

/** What takes part in each round. An idle one is our form with a provider that sends nothing and answers at once: `idle`. */
interface Contender {
  readonly form: Form;
  readonly isIdle: boolean;
}

interface Size {
  readonly servers: number;
  /** In the full form. */
  readonly rounds: number;
  /** Budgets, as shares of the peer's time. */
  readonly up: Readonly<Record<OwnForm, number>>;
  readonly destroy?: number;
  /** The budget over an idle provider, where that is measured. */
  readonly overIdle?: number;
}

/** The short form runs the first of them, twice. */
const sizes: readonly [Size, ...Size[]] = [
  { servers: 50, rounds: 9, up: { dynamic: 0.85, plugin: 0.68 }, overIdle: 1.12 },
  { servers: 200, rounds: 5, up: { dynamic: 0.72, plugin: 0.62 } },
  { servers: 500, rounds: 3, up: { dynamic: 0.52, plugin: 0.46 }, destroy: 0.45 },
];

const STATE_BUDGET = 0.28;

const PEER = "a dynamic provider written by hand: tools/bench/program/peer.js";

/** What one round on the real engine took, and how large the state was. */
export interface Round extends Contender {
  readonly servers: number;
  readonly upMs: number;
  readonly destroyMs: number;
  readonly stateBytes: number;
}

/** Creates and destroys servers on the real engine, in both forms and by the peer. */
export async function measureEngine({ isFull }: Extent): Promise<{ figures: Measured[]; growth: Round[] }> {
  const growth: Round[] = [];
  const run = isFull ? sizes : [{ ...sizes[0], rounds: 2 }];
  for (const size of run) growth.push(...(await runOnEngine(size)));
  return { growth, figures: [...run.flatMap((size) => compareTimes(size, growth)), compareState(growth)] };
}

function compareTimes({ servers, up, destroy, overIdle }: Size, growth: readonly Round[]): Measured[] {
  const rounds = growth.filter((round) => round.servers === servers);
  return ownForms.flatMap((form): Measured[] => {
    const own = { form, isIdle: false };
    const upFigure: Figure = {
      name: `\`pulumi up\` of ${servers}, ${form} form`,
      against: PEER,
      unit: "×",
      budget: up[form],
      isBest: "low",
      meaning: "The whole command, with the engine's own work and the program's start.",
    };
    const idleFigure: Figure = {
      ...upFigure,
      against: "the same with a provider that sends nothing and answers at once: tools/bench/idle",
      budget: overIdle ?? 0,
      meaning: "The provider's share of the command: with 1.00 it would be lost in the engine's own.",
    };
    const destroyFigure: Figure = {
      ...upFigure,
      name: `\`pulumi destroy\` of ${servers}, ${form} form`,
      budget: destroy ?? 0,
      meaning: "The whole command; the engine hands the peer's code back with each server.",
    };
    return [
      { figure: upFigure, samples: compare(rounds, own, peer, "upMs") },
      ...(overIdle === undefined
        ? []
        : [{ figure: idleFigure, samples: compare(rounds, own, { form, isIdle: true }, "upMs") }]),
      ...(destroy === undefined
        ? []
        : [{ figure: destroyFigure, samples: compare(rounds, own, peer, "destroyMs") }]),
    ];
  });
}

function compareState(growth: readonly Round[]): Measured {
  return {
    figure: {
      name: "state bytes of a server, dynamic form",
      against: PEER,
      unit: "×",
      budget: STATE_BUDGET,
      isBest: "low",
      meaning: "What every run reads, writes, encrypts and sends to the backend.",
    },
    samples: compare(growth, { form: "dynamic", isIdle: false }, peer, "stateBytes"),
  };
}

const peer: Contender = { form: "peer", isIdle: false };

function compare(
  rounds: readonly Round[],
  one: Contender,
  other: Contender,
  value: "upMs" | "destroyMs" | "stateBytes",
): number[] {
  const of = ({ form, isIdle }: Contender) =>
    rounds.filter((round) => round.form === form && round.isIdle === isIdle).map((round) => round[value]);
  return ratios(of(one), of(other));
}

/** Creates and destroys so many servers, once a round for each contender. */
async function runOnEngine({ servers, rounds, overIdle }: Size): Promise<Round[]> {
  const engine = await provideEngine((line) => console.error(line));
  const contenders = [
    ...forms.map((form) => ({ form, isIdle: false })),
    ...(overIdle === undefined ? [] : ownForms.map((form) => ({ form, isIdle: true }))),
  ];
  const results: Round[] = [];
  const workspaces: (Contender & { workspace: Workspace })[] = [];
  const reference = await forkReference();
  try {
    for (const contender of contenders) {
      const workspace = createWorkspace({
        example: "tools/bench/program",
        engine,
        env: {
          POSTJECT_ENDPOINT: reference.url,
          POSTJECT_ACCESS_TOKEN: reference.accessToken,
          POSTJECT_DELETION_PROTECTION: "false",
          BENCH_FORM: contender.form,
          BENCH_SERVERS: String(servers),
        },
      });
      workspaces.push({ ...contender, workspace });
      if (contender.isIdle)
        linkPackage(workspace.folder, "pulumi-postject", path.join(ROOT, "tools/bench/idle"));
      await run(workspace, ["stack", "init", "bench"]);
    }
    for (let round = 0; round < rounds; round++) {
      // Every other round backwards, as in `interleave`.
      for (const { workspace, ...contender } of round % 2 === 0 ? workspaces : workspaces.toReversed()) {
        const upMs = await timeMs(() =>
          run(workspace, ["up", "--yes", "--skip-preview", "--suppress-progress"]),
        );
        const stateBytes = serverBytes(await run(workspace, ["stack", "export"]));
        const destroyMs = await timeMs(() =>
          run(workspace, ["destroy", "--yes", "--skip-preview", "--suppress-progress"]),
        );
        results.push({ ...contender, servers, upMs, destroyMs, stateBytes });
      }
    }
  } finally {
    for (const { workspace } of workspaces) workspace.remove();
    await reference.stop();
  }
  return results;
}

/** Bytes of an average server in the state, white space apart. */
function serverBytes(state: string): number {
  const { deployment } = JSON.parse(state) as { deployment: { resources: { type: string }[] } };
  const servers = deployment.resources.filter(({ type }) => !type.startsWith("pulumi:"));
  return JSON.stringify(servers).length / servers.length;
}

async function run(workspace: Workspace, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await workspace.pulumi(args);
  if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}
