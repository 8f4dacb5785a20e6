type Http = typeof import("./http");

/**
 * Loads undici and the message schemas with the first request: a preview that sends nothing shall not pay for them. By
 * `require`, because the first `import()` of a process costs more than what it loads.
 */
export function loadHttp(): Http {
  return require("./http") as Http;
}
