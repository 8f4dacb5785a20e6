export * from "./access-token";
export * from "./client";
export * from "./configuration";
export * from "./deadline";
export * from "./errors";
export * from "./lookup";
export { preloadHttp } from "./preload";
export { toPlainText } from "./quote";
export { hadNoEffect } from "./retry";
