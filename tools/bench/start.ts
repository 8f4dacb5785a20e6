import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { connectProvider } from "../provider-client";
import { type Measured, measure } from "./measure";
import { BARE_PLUGIN, PLUGIN, startNode } from "./processes";

/** How long the plugin takes to start. */
export function measureStart(isFull: boolean): Promise<Measured[]> {
  const plugin = (file: string) => () => startNode([file, "127.0.0.1:1"], askForVersion);
  const contenders = {
    node: () => startNode(["-e", "console.log(0)"]),
    plugin: plugin(PLUGIN),
    barePlugin: plugin(BARE_PLUGIN),
  };
  return measure(
    contenders,
    [
      {
        name: "plugin, from spawn to first response",
        ours: "plugin.usedMs",
        theirs: "node.lineMs",
        against: "bare Node.js",
        goal: 2.1,
        meaning: "What a run waits for before the plugin is of use.",
      },
      {
        name: "plugin, from spawn to first response",
        ours: "plugin.usedMs",
        theirs: "barePlugin.usedMs",
        against: "a plugin without any logic",
        goal: 1.15,
        meaning: "How much of that is the provider's own.",
      },
    ],
    { rounds: isFull ? 41 : 9 },
  );
}

async function askForVersion(port: string): Promise<void> {
  const { call, methods, close } = connectProvider(Number(port));
  await call(methods.getPluginInfo, new Empty());
  close();
}
