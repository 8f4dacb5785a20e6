import path from "node:path";
import { ROOT } from "../root";
import { type Extent, type Figure, interleave, type Measured, ratios } from "./measure";
import { startNode } from "./processes";

const plugin: Figure = {
  name: "plugin, from spawn to port",
  against: "bare `node -e 0`",
  unit: "×",
  budget: 2,
  isBest: "low",
  meaning: "What the plugin adds before the engine can talk to it, once a run.",
};

const pluginWithoutSdk: Figure = {
  name: "plugin, from spawn to port",
  against: "the same plugin, importing Pulumi's SDK",
  unit: "×",
  budget: 0.25,
  isBest: "low",
  meaning: "What is saved by speaking the protocol without the SDK.",
};

const sdk: Figure = {
  name: "a program that imports `pulumi-postject`",
  against: "one that imports `@pulumi/pulumi` alone",
  unit: "×",
  budget: 1.05,
  isBest: "low",
  meaning: "What the package adds to the start of every program that uses it.",
};

const firstRequest: Figure = {
  name: "loading what the first request needs (HTTP, validation)",
  against: "bare `node -e 0`",
  unit: "×",
  budget: 0.6,
  isBest: "low",
  meaning: "What the first create, read or delete of a run waits for beside the API.",
};

const PLUGIN = path.join(ROOT, "pulumi-resource-postject");
const SDK = path.join(ROOT, "node_modules/@pulumi/pulumi");
const CLIENT = path.join(ROOT, "dist/provider/client");

/** How long processes take to start, and what they load later. */
export async function measureStartup({ isFull }: Extent): Promise<Measured[]> {
  const firstLineMs =
    (...args: string[]) =>
    async () =>
      (await startNode(args)).ms;
  const load = `const { preloadHttp } = require(${JSON.stringify(CLIENT)});
    const started = performance.now(); preloadHttp(); console.log(performance.now() - started);`;
  const times = await interleave(isFull ? 41 : 9, {
    node: firstLineMs("-e", "console.log(0)"),
    plugin: firstLineMs(PLUGIN, "127.0.0.1:1"),
    pluginWithSdk: firstLineMs("-r", SDK, PLUGIN, "127.0.0.1:1"),
    pulumi: firstLineMs("-e", `require(${JSON.stringify(SDK)}); console.log(0)`),
    postject: firstLineMs(
      "-e",
      `require(${JSON.stringify(SDK)}); require("pulumi-postject"); console.log(0)`,
    ),
    firstRequest: async () => Number((await startNode(["-e", load])).line),
  });
  return [
    { figure: plugin, samples: ratios(times.plugin, times.node) },
    { figure: pluginWithoutSdk, samples: ratios(times.plugin, times.pluginWithSdk) },
    { figure: sdk, samples: ratios(times.postject, times.pulumi) },
    { figure: firstRequest, samples: ratios(times.firstRequest, times.node) },
  ];
}
