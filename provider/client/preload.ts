import { loadHttp } from "./load-http";

/** Loads what the first request needs, for a host that has time now. Its type names no package: users' compilers read it. */
export function preloadHttp(): void {
  loadHttp();
}
