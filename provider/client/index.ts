export { explainExpiry, readAccessToken } from "./access-token";
export * from "./client";
export * from "./deadline";
export * from "./errors";
export { toPlainText } from "./quote";
export { hadNoEffect } from "./retry";
