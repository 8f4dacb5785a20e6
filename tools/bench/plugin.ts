import { spawn } from "node:child_process";
import { once } from "node:events";
import { ConfigureRequest, CreateRequest, ReadRequest } from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { serverResource } from "../../provider/spec";
import { examples } from "../../provider/spec/examples";
import { connectProvider } from "../provider-client";
import { type Contenders, type Measured, measure, repeat, timeMs } from "./measure";
import { type Api, BARE_PLUGIN, firstEvent, PLUGIN, residentMebibytes, startBareApi } from "./processes";
import { sendRaw } from "./raw-requests";

const ROUND_TRIP_MS = 50;
const SERVERS = 64;

/** How many requests the engine sends at once by default on two and on four cores, and the goals for each. */
const widths = [
  { parallel: 8, goals: { createMs: 1.12, readMs: 1.15 } },
  { parallel: 16, goals: { createMs: 1.2, readMs: 1.25 } },
];

/** What creates and reads are compared with: the least they could take, and a plugin that does only that. */
const peers = {
  raw: "the same requests over raw sockets",
  bare: "a plugin without any logic that sends the same requests",
};

/** The goal beside a plugin without any logic. */
const BARE_GOAL = 1.15;

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
    const createAndRead = async (file: string) => {
      const plugin = await startPlugin(slow, file);
      const createMs = await timeMs(() => repeat(SERVERS, parallel, plugin.create));
      const readMs = await timeMs(() => repeat(SERVERS, parallel, plugin.read));
      await plugin.stop();
      return { createMs, readMs };
    };
    contenders[`plugin${parallel}`] = () => createAndRead(PLUGIN);
    contenders[`bare${parallel}`] = () => createAndRead(BARE_PLUGIN);
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
        ...widths.flatMap(({ parallel, goals }) =>
          (["raw", "bare"] as const).flatMap((peer) => [
            {
              name: `${SERVERS} creates over gRPC, ${parallel} at once, round trips of ${ROUND_TRIP_MS} ms`,
              ours: `plugin${parallel}.createMs`,
              theirs: `${peer}${parallel}.createMs`,
              against: `${peers[peer]}: one list, then a POST each`,
              goal: peer === "raw" ? goals.createMs : BARE_GOAL,
              meaning: "What an update takes beyond the wait for the API.",
            },
            {
              name: `a refresh of ${SERVERS}, ${parallel} at once, likewise`,
              ours: `plugin${parallel}.readMs`,
              theirs: `${peer}${parallel}.readMs`,
              against: `${peers[peer]}: a GET each`,
              goal: peer === "raw" ? goals.readMs : BARE_GOAL,
              meaning: "What a drift check takes beyond the wait for the API.",
            },
          ]),
        ),
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

const { id: _, streams: __, ...state } = responses.get;
const STATE = Struct.fromJavaScript(state);
const INPUTS = Struct.fromJavaScript({ name: state.name });

const URN = `urn:pulumi:bench::bench::${serverResource.token}::server`;

async function startPlugin({ url: endpoint, accessToken }: Api, file = PLUGIN) {
  const child = spawn(process.execPath, [file, "127.0.0.1:1"], { stdio: ["pipe", "pipe", "inherit"] });
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
      // With what is known of the server: without it, the request would be an import.
      request.setProperties(STATE);
      request.setInputs(INPUTS);
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
