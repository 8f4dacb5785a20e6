export { Environment } from "./environment";
export { getServer, getServerOutput, getServers, getServersOutput } from "./functions";
export { Server } from "./server";
export type {
  EnvironmentArgs,
  GetServerArgs,
  GetServerResult,
  GetServersArgs,
  GetServersResult,
  ServerArgs,
  ServerSummary,
  ServerTemplate,
  Stream,
} from "./types";
