type Http = typeof import("./http");

/**
 * Loads undici and the message schemas with the first request, so that a preview which sends nothing does not
 * pay for them. By `require`, because the first `import()` of a process costs more than what it loads.
 */
export function loadHttp(): Http {
  return require("./http") as Http;
}
