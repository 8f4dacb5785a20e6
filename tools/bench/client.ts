import { Pool } from "undici";
import { createClient, startDeadline } from "../../provider/client";
import { type Extent, type Figure, interleave, type Measured, ratios, timeMs } from "./measure";
import { forkBareApi } from "./processes";
import { sendRaw } from "./raw-requests";
import { SERVER } from "./sample-server";

const cpu: Figure = {
  name: "CPU of a request of the client, parsed",
  against: "a bare undici Pool with `body.json()`",
  unit: "×",
  budget: 1.15,
  isBest: "low",
  meaning: "What deadlines, retries, bounds and validation cost on top of sending a request.",
};

const throughput: Figure = {
  name: "requests per second of the client at 20 ms, 8 to 64 connections",
  against: "raw sockets",
  unit: "×",
  budget: 0.95,
  isBest: "high",
  meaning: "Whether the network or the client is what a large update waits for.",
};

const ROUND_TRIP_MS = 20;

/** The client against the least that could do its work. */
export async function measureClient(extent: Extent): Promise<Measured[]> {
  const api = await forkBareApi({ GET: SERVER });
  const slow = await forkBareApi({ GET: SERVER }, ROUND_TRIP_MS);
  try {
    return [await measureCpu(api.url, extent), await measureThroughput(slow.url, extent)];
  } finally {
    await slow.stop();
    await api.stop();
  }
}

async function measureCpu(url: string, { isFull }: Extent): Promise<Measured> {
  const client = connectClient(url);
  const pool = new Pool(url, { connections: 8 });
  const inBatch = (send: () => Promise<unknown>) => async () => {
    const before = process.cpuUsage();
    await keepBusy(8, 2000, send);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const path = `/v1/servers/${SERVER.id}`;
  const times = await interleave(isFull ? 31 : 11, {
    client: inBatch(() => client.getServer(SERVER.id, startDeadline())),
    pool: inBatch(async () => (await pool.request({ method: "GET", path })).body.json()),
  });
  await pool.close();
  // The first rounds are the compiler's.
  return { figure: cpu, samples: ratios(times.client, times.pool).slice(2) };
}

async function measureThroughput(url: string, { isFull }: Extent): Promise<Measured> {
  const samples: number[] = [];
  for (const connections of [8, 16, 32, 64]) {
    const client = connectClient(url);
    const requests = connections * 25;
    const times = await interleave(isFull ? 6 : 3, {
      client: () =>
        timeMs(() => keepBusy(connections, requests, () => client.getServer(SERVER.id, startDeadline()))),
      raw: () =>
        timeMs(() => sendRaw({ url, path: "/v1/servers/x", accessToken: "", connections, requests })),
    });
    samples.push(...ratios(times.raw, times.client).slice(1));
  }
  return { figure: throughput, samples };
}

function connectClient(endpoint: string) {
  return createClient({ accessToken: "bench", endpoint, maxRetries: 3, requestTimeoutMs: 30_000 });
}

/** Does the work so often, so many at a time. */
export async function keepBusy(
  parallel: number,
  times: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}
