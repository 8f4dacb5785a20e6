import { type Measured, measure, timeMs } from "./measure";
import { type Api, residentMebibytes, startBareApi, startReferenceProcess } from "./processes";
import { sendRaw } from "./raw-requests";

/** The reference API against the least that could take its place. */
export async function measureReference(isFull: boolean): Promise<Measured[]> {
  const reference = await startReferenceProcess();
  const { accessToken } = reference;
  const create = (servers: number) =>
    sendRaw({ ...reference, path: "/v1/servers", connections: 16, requests: servers, body: nameOf });
  await create(1);
  const headers = { authorization: `Bearer ${accessToken}` };
  const listed = await fetch(`${reference.url}/v1/servers`, { headers });
  const [server] = (await listed.json()) as [{ id: string }];
  const path = `/v1/servers/${server.id}`;
  const response = await fetch(reference.url + path, { headers });
  const bare = await startBareApi({ get: (await response.json()) as object });
  const read =
    ({ url }: Api) =>
    async () => ({
      ms: await timeMs(() => sendRaw({ url, path, accessToken, connections: 16, requests: 3000 })),
    });
  try {
    const speed = await measure(
      { reference: read(reference), bare: read(bare) },
      [
        {
          name: "3,000 requests to the reference API",
          ours: "reference.ms",
          theirs: "bare.ms",
          against: "a bare `node:http` server with the same responses",
          goal: 2.5,
          meaning: "How much of a test's time is the reference API's.",
        },
      ],
      { rounds: isFull ? 19 : 5, warmUps: 2 },
    );
    if (!isFull) return speed;
    await create(99_999);
    const memory = await measure(
      { reference: async () => ({ mebibytes: residentMebibytes(reference.pid) }) },
      [
        {
          name: "memory of the reference API with 100,000 servers",
          ours: "reference.mebibytes",
          against: "MiB, resident",
          goal: 400,
          meaning: "How large an account can be tried out.",
        },
      ],
      { rounds: 1 },
    );
    return [...speed, ...memory];
  } finally {
    await bare.stop();
    await reference.stop();
  }
}

const nameOf = (index: number) => JSON.stringify({ name: `Server ${index}` });
