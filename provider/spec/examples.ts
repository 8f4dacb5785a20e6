import type { CreatedServer, DeletedServer, ListedServer, LiveServer } from "./messages";

const server = {
  id: "clx8f2k9a0001uy7z3g4h5j6k",
  name: "Production App",
  token: "pt_live_sk7f2a9b3c4d5e6f7a8b9c0d1e2f3a4b",
  createdAt: "2025-07-15T10:30:00.000Z",
};

const streams = [
  {
    id: "clx8f2k9a0002uy7z1a2b3c4d",
    name: "Transactional",
    slug: "transactional",
    type: "transactional",
    description: "Password resets, receipts, and account notifications",
    createdAt: server.createdAt,
  },
  {
    id: "clx8f2k9a0003uy7z5e6f7g8h",
    name: "Broadcast",
    slug: "broadcast",
    type: "broadcast",
    description: "Marketing campaigns and newsletters",
    createdAt: server.createdAt,
  },
  {
    id: "clx8f2k9a0004uy7z9i0j1k2l",
    name: "Inbound",
    slug: "inbound",
    type: "inbound",
    description: "Incoming email processing",
    createdAt: server.createdAt,
  },
];

/** What the contract shows of each route; servers-api.txt. */
export const examples = {
  createServer: {
    body: { name: server.name },
    response: {
      ...server,
      streams: streams.map(({ id, name, type }) => ({ id, name, type })),
    } satisfies CreatedServer,
  },
  listServers: {
    body: undefined,
    response: [
      { ...server, _count: { streams: 3 } },
      {
        id: "clx9a3m1b0005vy8z4h5i6j7k",
        name: "Staging Environment",
        token: "pt_live_tk8g3b0c4d6e7f8a9b0c1d2e3f4a5b6c",
        createdAt: "2025-07-16T14:22:00.000Z",
        _count: { streams: 4 },
      },
    ] satisfies ListedServer[],
  },
  getServer: { body: undefined, response: { ...server, streams } satisfies LiveServer },
  deleteServer: {
    body: undefined,
    response: { message: "Server deleted successfully", id: server.id } satisfies DeletedServer,
  },
} as const;
