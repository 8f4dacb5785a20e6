export * from "./access-token";
export * from "./client";
export * from "./configuration";
export * from "./deadline";
export * from "./errors";
export { loadHttp } from "./load-http";
export * from "./lookup";
export { didNothing } from "./retry";
