export * from "./configuration";
export * from "./environment";
export * from "./error-codes";
export * from "./fields";
export * from "./plans";
export * from "./routes";
export * from "./server";
export { VERSION } from "./version";
