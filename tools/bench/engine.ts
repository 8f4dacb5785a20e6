import { provideEngine } from "../engine/engine";
import { createWorkspace, type Workspace } from "../workspace";
import { type Extent, type Figure, type Measured, ratios, timeMs } from "./measure";
import { forkReference } from "./processes";

/** Our two forms, and the dynamic provider that one would write by hand: `program/peer.js`. */
export const forms = ["dynamic", "plugin", "peer"] as const;

export type Form = (typeof forms)[number];

type OwnForm = Exclude<Form, "peer">;

const ownForms: readonly OwnForm[] = ["dynamic", "plugin"];

interface Size {
  readonly servers: number;
  /** In the full form. */
  readonly rounds: number;
  /** Budgets, as shares of the peer's time. */
  readonly up: Readonly<Record<OwnForm, number>>;
  readonly destroy?: number;
}

/** The short form runs the first of them, twice. */
const sizes: readonly [Size, ...Size[]] = [
  { servers: 50, rounds: 7, up: { dynamic: 0.85, plugin: 0.68 } },
  { servers: 200, rounds: 5, up: { dynamic: 0.72, plugin: 0.62 } },
  { servers: 500, rounds: 3, up: { dynamic: 0.62, plugin: 0.52 }, destroy: 0.45 },
];

const STATE_BUDGET = 0.28;

/** What one round on the real engine took, and how large the state was. */
export interface Round {
  readonly form: Form;
  readonly servers: number;
  readonly upMs: number;
  readonly destroyMs: number;
  readonly stateBytes: number;
}

/** Creates and destroys servers on the real engine, in both forms and by the peer. */
export async function measureEngine({ isFull }: Extent): Promise<{ figures: Measured[]; growth: Round[] }> {
  const growth: Round[] = [];
  const run = isFull ? sizes : [{ ...sizes[0], rounds: 2 }];
  for (const { servers, rounds } of run) growth.push(...(await runOnEngine(servers, rounds)));
  return { growth, figures: [...run.flatMap((size) => compareTimes(size, growth)), compareState(growth)] };
}

function compareTimes({ servers, up, destroy }: Size, growth: readonly Round[]): Measured[] {
  const rounds = growth.filter((round) => round.servers === servers);
  return ownForms.flatMap((form): Measured[] => {
    const upFigure = toFigure(
      `\`pulumi up\` of ${servers}, ${form} form`,
      up[form],
      "The whole command, with the engine's own work and the program's start.",
    );
    const measured = [{ figure: upFigure, samples: againstPeer(rounds, form, "upMs") }];
    if (destroy === undefined) return measured;
    const destroyFigure = toFigure(
      `\`pulumi destroy\` of ${servers}, ${form} form`,
      destroy,
      "The whole command; the engine hands the peer's code back with each server.",
    );
    return [...measured, { figure: destroyFigure, samples: againstPeer(rounds, form, "destroyMs") }];
  });
}

function compareState(growth: readonly Round[]): Measured {
  const meaning = "What every run reads, writes, encrypts and sends to the backend.";
  return {
    figure: toFigure("state bytes of a server, dynamic form", STATE_BUDGET, meaning),
    samples: againstPeer(growth, "dynamic", "stateBytes"),
  };
}

function toFigure(name: string, budget: number, meaning: string): Figure {
  return {
    name,
    against: "a dynamic provider written by hand: tools/bench/program/peer.js",
    unit: "×",
    budget,
    isBest: "low",
    meaning,
  };
}

function againstPeer(rounds: readonly Round[], form: OwnForm, value: keyof Omit<Round, "form">): number[] {
  const of = (wanted: Form) => rounds.filter((round) => round.form === wanted).map((round) => round[value]);
  return ratios(of(form), of("peer"));
}

/** Creates and destroys so many servers, once a round in each form. */
async function runOnEngine(servers: number, rounds: number): Promise<Round[]> {
  const engine = await provideEngine((line) => console.error(line));
  const results: Round[] = [];
  const workspaces = new Map<Form, Workspace>();
  const reference = await forkReference();
  try {
    for (const form of forms) {
      const workspace = createWorkspace({
        example: "tools/bench/program",
        engine,
        env: {
          POSTJECT_ENDPOINT: reference.url,
          POSTJECT_ACCESS_TOKEN: reference.accessToken,
          POSTJECT_DELETION_PROTECTION: "false",
          BENCH_FORM: form,
          BENCH_SERVERS: String(servers),
        },
      });
      workspaces.set(form, workspace);
      await run(workspace, ["stack", "init", "bench"]);
    }
    for (let round = 0; round < rounds; round++) {
      for (const [form, workspace] of workspaces) {
        const upMs = await timeMs(() =>
          run(workspace, ["up", "--yes", "--skip-preview", "--suppress-progress"]),
        );
        const stateBytes = serverBytes(await run(workspace, ["stack", "export"]));
        const destroyMs = await timeMs(() =>
          run(workspace, ["destroy", "--yes", "--skip-preview", "--suppress-progress"]),
        );
        results.push({ form, servers, upMs, destroyMs, stateBytes });
      }
    }
  } finally {
    for (const workspace of workspaces.values()) workspace.remove();
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
