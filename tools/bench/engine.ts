import { provideEngine } from "../engine/engine";
import { createWorkspace, type Workspace } from "../workspace";
import { type Extent, type Figure, type Measured, ratios, timeMs } from "./measure";
import { forkReference } from "./processes";

/** Our two forms, and the dynamic provider that one would write by hand: `program/peer.js`. */
export const forms = ["dynamic", "plugin", "peer"] as const;

export type Form = (typeof forms)[number];

/** Budgets of `up`, as shares of the peer's time, by the number of servers. */
const upBudgets: Readonly<Record<number, Readonly<Record<"dynamic" | "plugin", number>>>> = {
  50: { dynamic: 0.85, plugin: 0.68 },
  200: { dynamic: 0.72, plugin: 0.62 },
  500: { dynamic: 0.62, plugin: 0.52 },
};

const DESTROY_BUDGET = 0.45;

const STATE_BUDGET = 0.28;

const PEER = "a plain hand-written dynamic provider";

/** What one round on the real engine took, and how large the state was. */
export interface Round {
  readonly form: Form;
  readonly servers: number;
  readonly upMs: number;
  readonly destroyMs: number;
  readonly stateBytes: number;
}

/** All rounds on the real engine: 50 servers, in the full form also 200 and 500. */
export async function runAllOnEngine({ isFull }: Extent): Promise<Round[]> {
  const sizes = isFull
    ? ([
        [50, 7],
        [200, 5],
        [500, 3],
      ] as const)
    : ([[50, 3]] as const);
  const rounds: Round[] = [];
  for (const [servers, times] of sizes) rounds.push(...(await runOnEngine(servers, times)));
  return rounds;
}

/** The figures of these rounds. */
export function compareWithPeer(rounds: readonly Round[]): Measured[] {
  const sizes = [...new Set(rounds.map(({ servers }) => servers))];
  const of = (form: Form, servers: number, value: keyof Omit<Round, "form">) =>
    rounds.filter((round) => round.form === form && round.servers === servers).map((round) => round[value]);
  const against = (form: "dynamic" | "plugin", servers: number, value: keyof Omit<Round, "form">) =>
    ratios(of(form, servers, value), of("peer", servers, value));
  const figure = (name: string, budget: number, meaning: string): Figure => ({
    name,
    against: PEER,
    unit: "×",
    budget,
    isBest: "low",
    meaning,
  });
  const largest = Math.max(...sizes);
  return [
    ...sizes.flatMap((servers) =>
      (["dynamic", "plugin"] as const).map((form) => ({
        figure: figure(
          `\`pulumi up\` of ${servers}, ${form} form`,
          upBudgets[servers]?.[form] ?? Number.NaN,
          "The whole command, with the engine's own work and the program's start.",
        ),
        samples: against(form, servers, "upMs"),
      })),
    ),
    ...(["dynamic", "plugin"] as const).map((form) => ({
      figure: figure(
        `\`pulumi destroy\` of ${largest}, ${form} form`,
        DESTROY_BUDGET,
        "The whole command; the peer's code is read back from the state for each server.",
      ),
      samples: against(form, largest, "destroyMs"),
    })),
    {
      figure: figure(
        "state bytes of a server, dynamic form",
        STATE_BUDGET,
        "What every run reads, writes, encrypts and sends to the backend.",
      ),
      samples: against("dynamic", largest, "stateBytes"),
    },
  ];
}

/** Creates and destroys so many servers, once a round in each form, on the real engine against the reference API. */
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
