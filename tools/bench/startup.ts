import path from "node:path";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { connectProvider } from "../provider-client";
import { ROOT } from "../root";
import { type Extent, type Figure, interleave, type Measured, ratios } from "./measure";
import { BARE_PLUGIN, PLUGIN, startNode } from "./processes";

const BARE_NODE = 'bare `node -e "console.log(0)"`';

const port: Figure = {
  name: "plugin, from spawn to port",
  against: BARE_NODE,
  unit: "×",
  budget: 1.4,
  isBest: "low",
  meaning: "When the engine can connect: the bundle is read by then, and gRPC in it not yet run.",
};

const answer: Figure = {
  name: "plugin, from spawn to the first answer",
  against: BARE_NODE,
  unit: "×",
  budget: 2.1,
  isBest: "low",
  meaning: "What a run waits for before the plugin is of use; the caller's own way to connect is in it.",
};

const answerWithoutSdk: Figure = {
  ...answer,
  against: "the same plugin, importing Pulumi's SDK",
  budget: 0.3,
  meaning: "What is saved by speaking Pulumi's protocol without its SDK.",
};

const answerOverBare: Figure = {
  ...answer,
  against: "a plugin without any logic: tools/bench/bare",
  budget: 1.15,
  meaning: "How much of the plugin's start is the provider's own, beside gRPC and Pulumi's protocol.",
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
  against: BARE_NODE,
  unit: "×",
  budget: 0.6,
  isBest: "low",
  meaning: "What the first create, read or delete of a run waits for beside the API.",
};

const SDK = path.join(ROOT, "node_modules/@pulumi/pulumi");
const CLIENT = path.join(ROOT, "dist/provider/client");

/** How long processes take to start, and what they load later. */
export async function measureStartup({ isFull }: Extent): Promise<Measured[]> {
  const program =
    (...lines: string[]) =>
    () =>
      startNode(["-e", lines.join(";")]);
  const plugin =
    (...args: string[]) =>
    () =>
      startNode([...args, "127.0.0.1:1"], askForVersion);
  const starts = await interleave(isFull ? 41 : 9, {
    node: program("console.log(0)"),
    plugin: plugin(PLUGIN),
    // As the plugin does: with the compile cache, where Node.js has one.
    pluginWithSdk: plugin(
      "-e",
      `require("node:module").enableCompileCache?.();
       require(${JSON.stringify(SDK)});
       process.argv.splice(1, 0, ${JSON.stringify(PLUGIN)});
       require(process.argv[1]);`,
    ),
    barePlugin: plugin(BARE_PLUGIN),
    pulumi: program(`require(${JSON.stringify(SDK)})`, "console.log(0)"),
    postject: program(`require(${JSON.stringify(SDK)})`, 'require("pulumi-postject")', "console.log(0)"),
    firstRequest: program(
      `const { preloadHttp } = require(${JSON.stringify(CLIENT)})`,
      "const started = performance.now()",
      "preloadHttp()",
      "console.log(performance.now() - started)",
    ),
  });
  const lines = (of: keyof typeof starts) => starts[of].map(({ lineMs }) => lineMs);
  const answers = (of: keyof typeof starts) => starts[of].map(({ usedMs }) => usedMs);
  const loads = starts.firstRequest.map(({ line }) => Number(line));
  return [
    { figure: port, samples: ratios(lines("plugin"), lines("node")) },
    { figure: answer, samples: ratios(answers("plugin"), lines("node")) },
    { figure: answerWithoutSdk, samples: ratios(answers("plugin"), answers("pluginWithSdk")) },
    { figure: answerOverBare, samples: ratios(answers("plugin"), answers("barePlugin")) },
    { figure: sdk, samples: ratios(lines("postject"), lines("pulumi")) },
    { figure: firstRequest, samples: ratios(loads, lines("node")) },
  ];
}

async function askForVersion(port: string): Promise<void> {
  const { call, methods, close } = connectProvider(Number(port));
  await call(methods.getPluginInfo, new Empty());
  close();
}
