import path from "node:path";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { connectProvider } from "../provider-client";
import { ROOT } from "../root";
import { type Extent, type Figure, interleave, type Measured, ratios } from "./measure";
import { startNode } from "./processes";

const BARE = "bare `node -e 0`";
const WITH_SDK = "the same plugin, importing Pulumi's SDK";

const port: Figure = {
  name: "plugin, from spawn to port",
  against: BARE,
  unit: "×",
  budget: 1.2,
  isBest: "low",
  meaning: "When the engine can connect: it is printed before gRPC is loaded.",
};

const portWithoutSdk: Figure = { ...port, against: WITH_SDK, budget: 0.2 };

const answer: Figure = {
  name: "plugin, from spawn to the first answer",
  against: BARE,
  unit: "×",
  budget: 2.2,
  isBest: "low",
  meaning: "What a run waits for before the plugin is of use.",
};

const answerWithoutSdk: Figure = {
  ...answer,
  against: WITH_SDK,
  budget: 0.3,
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
  against: BARE,
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
  const program =
    (...lines: string[]) =>
    async () =>
      (await startNode(["-e", lines.join(";")])).lineMs;
  const starts: Record<"plain" | "withSdk", { lineMs: number; usedMs: number }[]> = {
    plain: [],
    withSdk: [],
  };
  const startPlugin =
    (form: keyof typeof starts, ...args: string[]) =>
    async () => {
      const start = await startNode([...args, PLUGIN, "127.0.0.1:1"], askForVersion);
      starts[form].push(start);
      return start.usedMs;
    };
  const load = `const { preloadHttp } = require(${JSON.stringify(CLIENT)});
    const started = performance.now(); preloadHttp(); console.log(performance.now() - started);`;
  const times = await interleave(isFull ? 41 : 9, {
    node: program("console.log(0)"),
    plugin: startPlugin("plain"),
    pluginWithSdk: startPlugin("withSdk", "-r", SDK),
    pulumi: program(`require(${JSON.stringify(SDK)})`, "console.log(0)"),
    postject: program(`require(${JSON.stringify(SDK)})`, 'require("pulumi-postject")', "console.log(0)"),
    firstRequest: async () => Number((await startNode(["-e", load])).line),
  });
  const ports = starts.plain.map(({ lineMs }) => lineMs);
  const portsWithSdk = starts.withSdk.map(({ lineMs }) => lineMs);
  return [
    { figure: port, samples: ratios(ports, times.node) },
    { figure: portWithoutSdk, samples: ratios(ports, portsWithSdk) },
    { figure: answer, samples: ratios(times.plugin, times.node) },
    { figure: answerWithoutSdk, samples: ratios(times.plugin, times.pluginWithSdk) },
    { figure: sdk, samples: ratios(times.postject, times.pulumi) },
    { figure: firstRequest, samples: ratios(times.firstRequest, times.node) },
  ];
}

async function askForVersion(port: string): Promise<void> {
  const { call, methods, close } = connectProvider(Number(port));
  await call(methods.getPluginInfo, new Empty());
  close();
}
