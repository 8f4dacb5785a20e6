export { getServer, getServerOutput, getServers, getServersOutput } from "./functions";
export { Server } from "./server";
export type {
  GetServerArgs,
  GetServerResult,
  GetServersArgs,
  GetServersResult,
  ServerArgs,
  ServerSummary,
  Stream,
} from "./types";
