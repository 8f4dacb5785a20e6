import { spawn } from "node:child_process";
import { once } from "node:events";
import { ConfigureRequest, CreateRequest, ReadRequest } from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { serverResource } from "../../provider/spec";
import { examples } from "../../provider/spec/examples";
import { connectProvider } from "../provider-client";
import { type Contenders, type Measured, measure, repeat, timeMs } from "./measure";
import { type Api, firstEvent, PLUGIN, residentMebibytes, startBareApi } from "./processes";
import { sendRaw } from "./raw-requests";

const ROUND_TRIP_MS = 50;
const SERVERS = 64;

/** How many requests the engine sends at once, by default on two and on four cores; and the goals with so many. */
const widths = [
  { parallel: 8, createGoal: 1.12, readGoal: 1.15 },
  { parallel: 16, createGoal: 1.2, readGoal: 1.25 },
];

const responses = {
  get: examples.getServer.response,
  post: examples.createServer.response,
  list: [],
};

/** The plugin's process, driven as the engine drives it. */
export async function measurePlugin(isFull: boolean): Promise<Measured[]> {
  const slow = await startBareApi(responses, ROUND_TRIP_MS);
  const fast = await startBareApi(responses);
  const contenders: Record<string, Contenders[string]> = {
    async longRun() {
      const plugin = await startPlugin(fast);
      await repeat(1000, 8, plugin.create);
      const mebibytes = residentMebibytes(plugin.pid);
      await plugin.stop();
      return { mebibytes };
    },
  };
  for (const { parallel } of widths) {
    const raw = { ...slow, path: "/v1/servers", connections: parallel, requests: SERVERS };
    /** A fresh process each round. */
    contenders[`plugin${parallel}`] = async () => {
      const plugin = await startPlugin(slow);
      const createMs = await timeMs(() => repeat(SERVERS, parallel, plugin.create));
      const readMs = await timeMs(() => repeat(SERVERS, parallel, plugin.read));
      await plugin.stop();
      return { createMs, readMs };
    };
    contenders[`raw${parallel}`] = async () => {
      const body = (index: number) => JSON.stringify({ name: `Server ${index}` });
      const listMs = await timeMs(() => sendRaw({ ...raw, connections: 1, requests: 1 }));
      const postMs = await timeMs(() => sendRaw({ ...raw, body }));
      const readMs = await timeMs(() => sendRaw({ ...raw, path: `/v1/servers/${responses.get.id}` }));
      return { createMs: listMs + postMs, readMs };
    };
  }
  try {
    return await measure(
      contenders,
      [
        ...widths.flatMap(({ parallel, createGoal, readGoal }) => [
          {
            name: `${SERVERS} creates over gRPC, ${parallel} at once, round trips of ${ROUND_TRIP_MS} ms`,
            ours: `plugin${parallel}.createMs`,
            theirs: `raw${parallel}.createMs`,
            against: "the same requests over raw sockets: one list, then a POST each",
            goal: createGoal,
            meaning: "What an update takes beyond the wait for the API.",
          },
          {
            name: `a refresh of ${SERVERS}, ${parallel} at once, likewise`,
            ours: `plugin${parallel}.readMs`,
            theirs: `raw${parallel}.readMs`,
            against: "the same requests over raw sockets: a GET each",
            goal: readGoal,
            meaning: "What a drift check takes beyond the wait for the API.",
          },
        ]),
        {
          name: "memory of the plugin after 1,000 creates",
          ours: "longRun.mebibytes",
          against: "MiB, resident",
          goal: 100,
          meaning: "What a run takes of a small CI machine.",
        },
      ],
      { rounds: isFull ? 11 : 3, warmUps: 1 },
    );
  } finally {
    await slow.stop();
    await fast.stop();
  }
}

const URN = `urn:pulumi:bench::bench::${serverResource.token}::server`;

async function startPlugin({ url: endpoint, accessToken }: Api) {
  const child = spawn(process.execPath, [PLUGIN, "127.0.0.1:1"], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = await firstEvent(child, child.stdout, "data");
  const { methods, call, close } = connectProvider(Number(port));
  const configure = new ConfigureRequest();
  configure.setArgs(Struct.fromJavaScript({ endpoint, accessToken }));
  await call(methods.configure, configure);
  return {
    pid: child.pid ?? 0,
    create(index: number) {
      const request = new CreateRequest();
      request.setUrn(URN);
      request.setProperties(Struct.fromJavaScript({ name: `Server ${index}` }));
      return call(methods.create, request);
    },
    read() {
      const request = new ReadRequest();
      request.setId(responses.get.id);
      request.setUrn(URN);
      return call(methods.read, request);
    },
    async stop() {
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
      close();
    },
  };
}
