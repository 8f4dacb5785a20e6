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
    return { route, method, pattern: new RegExp(`^${path.replace(":id", "([^/]+)")}$`) };
  });
  return (method, path) => {
    const wanted = method === "HEAD" ? "GET" : method;
    const found = patterns.filter(({ pattern }) => pattern.test(path));
    const match = found.find((candidate) => candidate.method === wanted);
    if (match !== undefined) return { route: match.route, id: decode(match.pattern.exec(path)?.[1] ?? "") };
    const problem = `Cannot ${method} ${path.slice(0, 256)}`;
    if (found.length === 0) return { refusal: refuse(404, problem) };
    const allowed = found.flatMap((candidate) =>
      candidate.method === "GET" ? ["GET", "HEAD"] : candidate.method,
    );
    const headers = { allow: [...allowed, "OPTIONS"].join(", ") };
    return { refusal: method === "OPTIONS" ? { status: 204, headers } : refuse(405, problem, headers) };
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
