import { type HttpResponse, refuse } from "./responses";

/** Where a route is; `:id` stands for one segment of the path. */
interface Place {
  readonly method: string;
  readonly path: string;
}

type Match<Name extends string> =
  | { readonly route: Name; readonly id: string }
  /** The response to a request that matches no route. */
  | { readonly route?: undefined; readonly refusal: HttpResponse };

/** Makes a function that finds a request's route in a table. HEAD is GET without the response's body. */
export function createRouter<Name extends string>(
  routes: Readonly<Record<Name, Place>>,
): (method: string, path: string) => Match<Name> {
  const patterns = (Object.keys(routes) as Name[]).map((route) => {
    const { method, path } = routes[route];
    const source = path.replaceAll(".", "\\.").replace(":id", "(?<id>[^/]+)");
    return { route, method, pattern: new RegExp(`^${source}$`) };
  });
  return (method, path) => {
    const wanted = method === "HEAD" ? "GET" : method;
    const allowed: string[] = [];
    for (const { route, method: offered, pattern } of patterns) {
      const match = pattern.exec(path);
      if (match === null) continue;
      if (offered === wanted) return { route, id: decode(match.groups?.id ?? "") };
      allowed.push(offered);
    }
    const problem = `Cannot ${method} ${path.slice(0, 256)}`;
    if (allowed.length === 0) return { refusal: refuse(404, problem) };
    if (allowed.includes("GET")) allowed.push("HEAD");
    const headers = { allow: [...allowed, "OPTIONS"].join(", ") };
    if (method === "OPTIONS") return { refusal: { status: 204, body: undefined, headers } };
    return { refusal: refuse(405, problem, headers) };
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
