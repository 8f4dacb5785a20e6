import path from "node:path";
import { serverResource } from "../../provider/spec";
import { provideEngine } from "../engine/engine";
import { ROOT } from "../root";
import { createWorkspace, type Workspace } from "../workspace";
import { type Extent, type Figure, interleave, type Measured, ratios, timeMs } from "./measure";
import { forkReference } from "./processes";
import { BARE_ID } from "./sample-server";

/** Our two forms, and the dynamic provider that one would write by hand: `program/peer.js`. */
export const forms = ["dynamic", "plugin", "peer"] as const;

export type Form = (typeof forms)[number];

type OwnForm = Exclude<Form, "peer">;

const ownForms: readonly OwnForm[] = ["dynamic", "plugin"];

/** What takes part in each round. A silent one is our form with a provider that sends nothing and answers at once: `silent`. */
interface Contender {
  readonly form: Form;
  readonly isSilent: boolean;
}

interface Size {
  readonly servers: number;
  /** In the full form. */
  readonly rounds: number;
  /** Budgets, as shares of the peer's time. */
  readonly up: Readonly<Record<OwnForm, number>>;
  readonly destroy?: number;
  /** The budget over a silent provider, where that is measured. */
  readonly overSilent?: number;
}

/** The short form runs the first of them, twice. */
const sizes: readonly [Size, ...Size[]] = [
  { servers: 50, rounds: 9, up: { dynamic: 0.85, plugin: 0.68 }, overSilent: 1.12 },
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

function compareTimes({ servers, up, destroy, overSilent }: Size, growth: readonly Round[]): Measured[] {
  const rounds = growth.filter((round) => round.servers === servers);
  return ownForms.flatMap((form): Measured[] => {
    const own = { form, isSilent: false };
    const upFigure: Figure = {
      name: `\`pulumi up\` of ${servers}, ${form} form`,
      against: PEER,
      unit: "×",
      budget: up[form],
      isBest: "low",
      meaning: "The whole command, with the engine's own work and the program's start.",
    };
    const measured = [{ figure: upFigure, samples: compare(rounds, own, peer, "upMs") }];
    if (overSilent !== undefined) {
      const figure: Figure = {
        ...upFigure,
        against: "the same with a provider that sends nothing and answers at once: tools/bench/silent",
        budget: overSilent,
        meaning:
          "What the provider and its requests add to the time of the engine, the program and the protocol.",
      };
      measured.push({ figure, samples: compare(rounds, own, { form, isSilent: true }, "upMs") });
    }
    if (destroy !== undefined) {
      const figure: Figure = {
        ...upFigure,
        name: `\`pulumi destroy\` of ${servers}, ${form} form`,
        budget: destroy,
        meaning: "The whole command; the engine hands the peer's code back with each server.",
      };
      measured.push({ figure, samples: compare(rounds, own, peer, "destroyMs") });
    }
    return measured;
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
    samples: compare(growth, { form: "dynamic", isSilent: false }, peer, "stateBytes"),
  };
}

const peer: Contender = { form: "peer", isSilent: false };

function compare(
  rounds: readonly Round[],
  one: Contender,
  other: Contender,
  value: "upMs" | "destroyMs" | "stateBytes",
): number[] {
  const of = ({ form, isSilent }: Contender) =>
    rounds.filter((round) => round.form === form && round.isSilent === isSilent).map((round) => round[value]);
  return ratios(of(one), of(other));
}

/** Creates and destroys so many servers, once a round for each contender. */
async function runOnEngine({ servers, rounds, overSilent }: Size): Promise<Round[]> {
  const engine = await provideEngine((line) => console.error(line));
  const contenders = [
    ...forms.map((form) => ({ form, isSilent: false })),
    ...(overSilent === undefined ? [] : ownForms.map((form) => ({ form, isSilent: true }))),
  ];
  const workspaces: Workspace[] = [];
  const things: Record<string, () => Promise<Round>> = {};
  const reference = await forkReference();
  try {
    for (const contender of contenders) {
      const workspace = createWorkspace({
        example: "tools/bench/program",
        engine,
        ...(contender.isSilent && { postject: path.join(ROOT, "tools/bench/silent") }),
        env: {
          POSTJECT_ENDPOINT: reference.url,
          POSTJECT_ACCESS_TOKEN: reference.accessToken,
          POSTJECT_DELETION_PROTECTION: "false",
          BENCH_FORM: contender.form,
          BENCH_SERVERS: String(servers),
        },
      });
      workspaces.push(workspace);
      await run(workspace, ["stack", "init", "bench"]);
      things[describe(contender)] = () => runRound(workspace, contender, servers);
    }
    return Object.values(await interleave(rounds, things)).flat();
  } finally {
    for (const workspace of workspaces) workspace.remove();
    await reference.stop();
  }
}

async function runRound(workspace: Workspace, contender: Contender, servers: number): Promise<Round> {
  const upMs = await timeMs(() => run(workspace, ["up", "--yes", "--skip-preview", "--suppress-progress"]));
  const made = readServers(await run(workspace, ["stack", "export"]));
  refuseOthers(made, contender, servers);
  // White space apart.
  const stateBytes = JSON.stringify(made).length / made.length;
  const destroyMs = await timeMs(() =>
    run(workspace, ["destroy", "--yes", "--skip-preview", "--suppress-progress"]),
  );
  return { ...contender, servers, upMs, destroyMs, stateBytes };
}

const describe = ({ form, isSilent }: Contender) => `${isSilent ? "silent " : ""}${form} form`;

/** A program or provider other than the one that is meant would be a figure like any other. */
function refuseOthers(made: readonly StateServer[], contender: Contender, servers: number): void {
  const { form, isSilent } = contender;
  const isMeant = made.every(({ type, id }) => type === types[form] && id.startsWith(BARE_ID) === isSilent);
  if (isMeant && made.length === servers) return;
  throw new Error(`not ${servers} servers of the ${describe(contender)} were made`);
}

const types: Readonly<Record<Form, string>> = {
  dynamic: serverResource.dynamicType,
  plugin: serverResource.token,
  peer: "pulumi-nodejs:dynamic:Resource",
};

interface StateServer {
  readonly type: string;
  readonly id: string;
}

function readServers(state: string): StateServer[] {
  const { deployment } = JSON.parse(state) as { deployment: { resources: StateServer[] } };
  return deployment.resources.filter(({ type }) => !type.startsWith("pulumi:"));
}

async function run(workspace: Workspace, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await workspace.pulumi(args);
  if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}
