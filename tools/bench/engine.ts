import { serverResource } from "../../provider/spec";
import { provideEngine } from "../engine/engine";
import { createWorkspace, type Workspace } from "../workspace";
import { type Contenders, type Measured, measure, timeMs } from "./measure";
import { startReferenceProcess } from "./processes";

/** Our two forms and the dynamic provider that one would write by hand, with the type of their resources. */
const forms = {
  dynamic: serverResource.dynamicType,
  plugin: serverResource.token,
  peer: "pulumi-nodejs:dynamic:Resource",
};

type Form = keyof typeof forms;

/**
 * Goals are shares of the peer's time. The short form runs the first size, three times. The larger ones have
 * an API as far away as a real one, and an engine that saves the state once, at the end: saving it after each
 * step would hide everything else.
 */
const sizes = [
  { servers: 50, roundTripMs: 0, rounds: 9, goals: { dynamic: 1, plugin: 0.75 } },
  { servers: 200, roundTripMs: 20, rounds: 5, goals: { dynamic: 0.95, plugin: 0.75 } },
  { servers: 500, roundTripMs: 20, rounds: 3, goals: { dynamic: 0.95, plugin: 0.75 } },
];

type Size = Pick<(typeof sizes)[number], "servers" | "roundTripMs" | "goals">;

/** Creates and destroys servers on the real engine. */
export async function measureEngine(isFull: boolean): Promise<Measured[]> {
  const results: Measured[] = [];
  for (const { rounds, ...size } of isFull ? sizes : sizes.slice(0, 1))
    results.push(...(await measureSize(size, isFull ? rounds : 3)));
  return results;
}

async function measureSize({ servers, roundTripMs, goals }: Size, rounds: number): Promise<Measured[]> {
  const engine = await provideEngine((line) => console.error(line));
  const reference = await startReferenceProcess(roundTripMs);
  const workspaces: Workspace[] = [];
  const contenders: Record<string, Contenders[string]> = {};
  try {
    for (const form of Object.keys(forms) as Form[]) {
      const env = {
        POSTJECT_ENDPOINT: reference.url,
        POSTJECT_ACCESS_TOKEN: reference.accessToken,
        POSTJECT_DELETION_PROTECTION: "false",
        ...(roundTripMs > 0 && { PULUMI_SKIP_CHECKPOINTS: "true" }),
        BENCH_FORM: form,
        BENCH_SERVERS: String(servers),
      };
      const workspace = createWorkspace({ example: "tools/bench/program", engine, env });
      workspaces.push(workspace);
      await workspace.mustPulumi(["stack", "init", "bench"]);
      contenders[form] = () => upAndDown(workspace, form, servers);
    }
    const stateSize = {
      name: "state of a server, dynamic form",
      ours: "dynamic.stateBytes",
      theirs: "peer.stateBytes",
      against: "a provider written by hand",
      goal: 0.25,
      meaning: "What every run reads, writes and encrypts.",
    };
    return await measure(
      contenders,
      [
        ...(["dynamic", "plugin"] as const).map((form) => ({
          name: `\`pulumi up\` of ${servers}${roundTripMs > 0 ? ` at a round trip of ${roundTripMs} ms` : ""}, ${form} form`,
          ours: `${form}.upMs`,
          theirs: "peer.upMs",
          against: "a provider written by hand",
          goal: goals[form],
          meaning: "The whole command, the engine's own work included.",
        })),
        ...(servers === sizes[0]?.servers ? [stateSize] : []),
      ],
      { rounds },
    );
  } finally {
    for (const workspace of workspaces) workspace.remove();
    await reference.stop();
  }
}

async function upAndDown(workspace: Workspace, form: Form, servers: number) {
  const quiet = ["--yes", "--skip-preview", "--suppress-progress"];
  const upMs = await timeMs(() => workspace.mustPulumi(["up", ...quiet]));
  const state = await workspace.mustPulumi(["stack", "export"]);
  const { deployment } = JSON.parse(state) as { deployment: { resources: { type: string }[] } };
  const made = deployment.resources.filter(({ type }) => type === forms[form]);
  // The wrong program or provider would be measured like the right one.
  if (made.length !== servers) throw new Error(`not ${servers} servers of the ${form} form were created`);
  await workspace.mustPulumi(["destroy", ...quiet]);
  return { upMs, stateBytes: JSON.stringify(made).length / servers };
}
