export { explainExpiry, readAccessToken } from "./access-token";
export * from "./client";
export * from "./deadline";
export * from "./errors";
export { toPlainLines, toPlainText, toShellArgument } from "./quote";
export { hadNoEffect } from "./retry";
