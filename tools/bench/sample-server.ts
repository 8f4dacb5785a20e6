/** What GET answers, in the shape of the contract's page. */
export const SERVER = {
  id: "clx8f2k9a0001uy7z3g4h5j6k",
  name: "Production App",
  token: "pt_live_sk7f2a9b3c4d5e6f7a8b9c0d1e2f3a4b",
  createdAt: "2025-07-15T10:30:00.000Z",
  streams: ["transactional", "broadcast", "inbound"].map((type) => ({
    id: "clx8f2k9a0002uy7z1a2b3c4d",
    name: type,
    slug: type,
    type,
    description: "Password resets, receipts, and account notifications",
    createdAt: "2025-07-15T10:30:00.000Z",
  })),
};

/** Ids start so where a stand-in of the provider made them up. */
export const BARE_ID = "bare-";
