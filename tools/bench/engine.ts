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

/** Goals are shares of the peer's time. The short form runs the first size, three times. */
const sizes = [
  { servers: 50, rounds: 9, goals: { dynamic: 0.85, plugin: 0.75 } },
  { servers: 200, rounds: 5, goals: { dynamic: 0.72, plugin: 0.62 } },
  { servers: 500, rounds: 3, goals: { dynamic: 0.52, plugin: 0.46 } },
];

/** Creates and destroys servers on the real engine. */
export async function measureEngine(isFull: boolean): Promise<Measured[]> {
  const results: Measured[] = [];
  for (const { servers, rounds, goals } of isFull ? sizes : sizes.slice(0, 1))
    results.push(...(await measureSize(servers, isFull ? rounds : 3, goals)));
  return results;
}

async function measureSize(
  servers: number,
  rounds: number,
  goals: { readonly dynamic: number; readonly plugin: number },
): Promise<Measured[]> {
  const engine = await provideEngine((line) => console.error(line));
  const reference = await startReferenceProcess();
  const workspaces: Workspace[] = [];
  const contenders: Record<string, Contenders[string]> = {};
  try {
    for (const form of Object.keys(forms) as Form[]) {
      const env = {
        POSTJECT_ENDPOINT: reference.url,
        POSTJECT_ACCESS_TOKEN: reference.accessToken,
        POSTJECT_DELETION_PROTECTION: "false",
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
      goal: 0.28,
      meaning: "What every run reads, writes and encrypts.",
    };
    return await measure(
      contenders,
      [
        ...(["dynamic", "plugin"] as const).map((form) => ({
          name: `\`pulumi up\` of ${servers}, ${form} form`,
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
