import { type Extent, type Figure, interleave, type Measured, ratios, timeMs } from "./measure";
import { type ApiProcess, forkBareApi, forkReference } from "./processes";
import { sendRaw } from "./raw-requests";

const speed: Figure = {
  name: "requests per second of the reference API",
  against: "a bare `node:http` server that answers the same bytes",
  unit: "×",
  budget: 0.3,
  isBest: "high",
  meaning: "How much of a test's time is the reference's own.",
};

const memory: Figure = {
  name: "memory of the reference API with 100,000 servers",
  against: "resident set after a garbage collection",
  unit: "MiB",
  budget: 400,
  isBest: "low",
  meaning: "How large an account can be tried out.",
};

const heap: Figure = { ...memory, against: "heap after a garbage collection", budget: 300 };

/** The reference against the least that could answer in its place. */
export async function measureReference({ isFull }: Extent): Promise<Measured[]> {
  const reference = await forkReference();
  try {
    await fill(reference, 1);
    const [server] = await list(reference);
    const path = `/v1/servers/${server?.id}`;
    const { accessToken } = reference;
    const answer = await fetch(`${reference.url}${path}`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    const bare = await forkBareApi({ GET: (await answer.json()) as object });
    const inBatch =
      ({ url }: ApiProcess) =>
      () =>
        timeMs(() => sendRaw({ url, path, accessToken, connections: 16, requests: 3000 }));
    const times = await interleave(isFull ? 21 : 7, { reference: inBatch(reference), bare: inBatch(bare) });
    await bare.stop();
    const measured = [{ figure: speed, samples: ratios(times.bare, times.reference).slice(2) }];
    if (!isFull) return measured;
    await fill(reference, 99_999);
    const bytes = await reference.memoryBytes();
    return [
      ...measured,
      { figure: memory, samples: [bytes.rss / 1024 ** 2] },
      { figure: heap, samples: [bytes.heap / 1024 ** 2] },
    ];
  } finally {
    await reference.stop();
  }
}

async function fill({ url, accessToken }: ApiProcess, servers: number): Promise<void> {
  const body = (index: number) => JSON.stringify({ name: `Server ${index}` });
  await sendRaw({ url, path: "/v1/servers", accessToken, connections: 16, requests: servers, body });
}

async function list({ url, accessToken }: ApiProcess): Promise<{ id: string }[]> {
  const answer = await fetch(`${url}/v1/servers`, { headers: { authorization: `Bearer ${accessToken}` } });
  return (await answer.json()) as { id: string }[];
}
