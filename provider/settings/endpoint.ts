import { configuration, isLoopback, PACKAGE_NAME } from "../spec";

/**
 * What is wrong with an endpoint, to be read after the name of its key. The value itself is not shown: it may
 * be a secret that was pasted under the wrong key.
 */
export function findEndpointProblem(
  endpoint: string,
  { allowHttp }: { readonly allowHttp: boolean },
): string | undefined {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    return `must be a URL such as ${configuration.endpoint.default}`;
  if (url.username !== "" || url.password !== "")
    return "must not contain a user name or password; the access token has a key of its own";
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !allowHttp)
    return (
      `must use https: over http to ${url.host}, anyone on the network path could read the access token. For a reference API on a ` +
      `network you trust, set ${PACKAGE_NAME}:allowHttp or ${configuration.allowHttp.env} to true`
    );
  if (url.search !== "" || url.hash !== "") return "must not contain a query or a fragment";
  return undefined;
}
