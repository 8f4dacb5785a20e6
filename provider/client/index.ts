export * from "./access-token";
export * from "./client";
export * from "./configuration";
export * from "./deadline";
export * from "./errors";
export * from "./lookup";
export { toPlainText } from "./quote";
export { hadNoEffect } from "./retry";
