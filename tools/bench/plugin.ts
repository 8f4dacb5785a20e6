import { spawn } from "node:child_process";
import { once } from "node:events";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { serverResource } from "../../provider/spec";
import { connectProvider } from "../provider-client";
import { keepBusy } from "./client";
import { type Extent, type Figure, interleave, type Measured, ratios, timeMs } from "./measure";
import { type ApiProcess, BARE_PLUGIN, firstEvent, forkBareApi, PLUGIN, residentBytes } from "./processes";
import { type RawLoad, sendRaw } from "./raw-requests";
import { SERVER } from "./sample-server";

const ROUND_TRIP_MS = 50;

/** The engine's own `--parallel` on two cores. */
const PARALLEL = 8;

const SERVERS = 64;

const SERVERS_PATH = "/v1/servers";

const RAW = "the same requests over raw sockets";
const BARE_PEER = "a plugin that sends the same requests, without any logic: tools/bench/bare";

const creates: Figure = {
  name: `${SERVERS} creates over gRPC, ${PARALLEL} at a time, at a round trip of ${ROUND_TRIP_MS} ms`,
  against: `${RAW}: one list, a POST and a GET each, 1 + 2·⌈N/P⌉ round trips`,
  unit: "×",
  budget: 1.15,
  isBest: "low",
  meaning:
    "How much an update takes beyond what the API and the network make it wait, with the first request's loading.",
};

const reads: Figure = {
  ...creates,
  name: `a refresh of ${SERVERS} over gRPC, ${PARALLEL} at a time, at ${ROUND_TRIP_MS} ms`,
  against: `${RAW}: a GET each, ⌈N/P⌉ round trips`,
  meaning: "How much a refresh, so a drift check, takes beyond what the API and the network make it wait.",
};

const overBare = {
  against: BARE_PEER,
  budget: 1.1,
  meaning: "What the provider's own work adds to that of gRPC and of a bare HTTP client, at this round trip.",
};

const check: Figure = {
  name: "one Check over gRPC",
  against: "a handler that answers the same bytes without any logic",
  unit: "×",
  budget: 1.5,
  isBest: "low",
  meaning: "What each resource adds to a preview: the engine checks them one at a time.",
};

const memory: Figure = {
  name: "memory of the plugin after 1,000 creates",
  against: "resident set",
  unit: "MiB",
  budget: 115,
  isBest: "low",
  meaning: "What a run takes of a small CI machine.",
};

const exit: Figure = {
  name: "exit after Cancel and SIGINT",
  against: "the engine waits for it at the end of each run",
  unit: "s",
  budget: 0.05,
  isBest: "low",
  meaning: "What the end of each run waits for.",
};

/** The plugin's process, driven as the engine drives it. */
export async function measurePlugin({ isFull }: Extent): Promise<Measured[]> {
  const rounds = isFull ? 11 : 4;
  const { streams, ...server } = SERVER;
  const answers = { GET: SERVER, list: [], POST: { ...server, streams: streams.map(toBareStream) } };
  const fast = await forkBareApi(answers);
  const slow = await forkBareApi(answers, ROUND_TRIP_MS);
  try {
    return [
      ...(await measureNetwork(slow, rounds)),
      await measureCheck(fast, rounds),
      ...(await measureLongRun(fast, rounds)),
    ];
  } finally {
    await slow.stop();
    await fast.stop();
  }
}

/** How long all creates took, and then all reads. */
interface NetworkTimes {
  readonly createMs: number;
  readonly readMs: number;
}

/** Creates and reads in a fresh process each round, against the same of a bare plugin and of raw sockets. */
async function measureNetwork(api: ApiProcess, rounds: number): Promise<Measured[]> {
  const inFreshPlugin = (command?: string) => async (): Promise<NetworkTimes> => {
    const plugin = await startPlugin(api, command);
    const createMs = await timeMs(() => keepBusy(PARALLEL, SERVERS, plugin.create));
    const readMs = await timeMs(() => keepBusy(PARALLEL, SERVERS, plugin.read));
    await plugin.end();
    return { createMs, readMs };
  };
  const raw = (more: Partial<RawLoad> = {}) =>
    timeMs(() => sendRaw({ ...api, path: SERVERS_PATH, connections: PARALLEL, requests: SERVERS, ...more }));
  const readRaw = () => raw({ path: `${SERVERS_PATH}/${SERVER.id}` });
  const times = await interleave(rounds, {
    own: inFreshPlugin(),
    bare: inFreshPlugin(BARE_PLUGIN),
    raw: async (): Promise<NetworkTimes> => {
      const listMs = await raw({ connections: 1, requests: 1 });
      const postMs = await raw({ body: (index) => JSON.stringify({ name: `Server ${index}` }) });
      return { createMs: listMs + postMs + (await readRaw()), readMs: await readRaw() };
    },
  });
  const compare = (figure: Figure, value: keyof NetworkTimes, other: "bare" | "raw"): Measured => {
    const of = (name: keyof typeof times) => times[name].map((time) => time[value]);
    // The first round is the driver's own start.
    return { figure, samples: ratios(of("own"), of(other)).slice(1) };
  };
  return [
    compare(creates, "createMs", "raw"),
    compare({ ...creates, ...overBare }, "createMs", "bare"),
    compare(reads, "readMs", "raw"),
    compare({ ...reads, ...overBare }, "readMs", "bare"),
  ];
}

async function measureCheck(api: ApiProcess, rounds: number): Promise<Measured> {
  const plugin = await startPlugin(api);
  const bare = await startPlugin(api, BARE_PLUGIN);
  const inBatch =
    ({ check }: Plugin) =>
    () =>
      timeMs(() => keepBusy(1, 300, check));
  const times = await interleave(rounds * 3 + 2, { plugin: inBatch(plugin), bare: inBatch(bare) });
  await plugin.end();
  await bare.end();
  // The first rounds are the compiler's.
  return { figure: check, samples: ratios(times.plugin, times.bare).slice(2) };
}

async function measureLongRun(api: ApiProcess, rounds: number): Promise<Measured[]> {
  const mebibytes: number[] = [];
  const exitSeconds: number[] = [];
  for (let round = 0; round < Math.ceil(rounds / 2); round++) {
    const plugin = await startPlugin(api);
    await keepBusy(PARALLEL, 1000, plugin.create);
    mebibytes.push(residentBytes(plugin.pid) / 1024 ** 2);
    exitSeconds.push((await timeMs(() => plugin.end())) / 1000);
  }
  return [
    { figure: memory, samples: mebibytes },
    { figure: exit, samples: exitSeconds },
  ];
}

interface Plugin {
  readonly pid: number;
  create(index: number): Promise<unknown>;
  read(): Promise<unknown>;
  check(): Promise<unknown>;
  /** Cancel and SIGINT, as the engine ends a run. */
  end(): Promise<void>;
}

/** The contract's page shows streams without their details in the answer to a POST. */
const toBareStream = ({ id, name, type }: (typeof SERVER.streams)[number]) => ({ id, name, type });

const URN = `urn:pulumi:bench::bench::${serverResource.token}::server`;

async function startPlugin({ url: endpoint, accessToken }: ApiProcess, command = PLUGIN): Promise<Plugin> {
  const child = spawn(process.execPath, [command, "127.0.0.1:1"], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = await firstEvent(child, child.stdout, "data");
  const { methods, call, close } = connectProvider(Number(port));
  const configure = new rpc.ConfigureRequest();
  configure.setArgs(Struct.fromJavaScript({ endpoint, accessToken }));
  await call(methods.configure, configure);
  return {
    pid: child.pid ?? 0,
    create(index) {
      const request = new rpc.CreateRequest();
      request.setUrn(URN);
      request.setProperties(Struct.fromJavaScript({ name: `Server ${index}` }));
      return call(methods.create, request);
    },
    read() {
      const request = new rpc.ReadRequest();
      request.setId(SERVER.id);
      request.setUrn(URN);
      return call(methods.read, request);
    },
    check() {
      const request = new rpc.CheckRequest();
      request.setUrn(URN);
      request.setNews(Struct.fromJavaScript({ name: "Server" }));
      return call(methods.check, request);
    },
    async end() {
      await call(methods.cancel, new Empty());
      const ended = once(child, "exit");
      child.kill("SIGINT");
      await ended;
      close();
    },
  };
}
