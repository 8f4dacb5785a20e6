/** How a table of routes says where each is; `:id` stands for one part of the path. */
interface Place {
  readonly method: string;
  readonly path: string;
}

export type Routing<Name extends string> =
  | { readonly route: Name; readonly id: string }
  /** The path is known, the method is not. */
  | { readonly allow: readonly string[] }
  | undefined;

/** Makes what finds the route of a request in a table. HEAD is GET without the answer's body. */
export function createRouter<Name extends string>(
  routes: Readonly<Record<Name, Place>>,
): (method: string, path: string) => Routing<Name> {
  const patterns = (Object.keys(routes) as Name[]).map((route) => {
    const { method, path } = routes[route];
    const source = path.replaceAll(".", "\\.").replace(":id", "(?<id>[^/]+)");
    return { route, method, pattern: new RegExp(`^${source}$`) };
  });
  return (method, path) => {
    const wanted = method === "HEAD" ? "GET" : method;
    const allow: string[] = [];
    for (const { route, method: offered, pattern } of patterns) {
      const match = pattern.exec(path);
      if (match === null) continue;
      if (offered === wanted) return { route, id: decode(match.groups?.id ?? "") };
      allow.push(offered);
    }
    if (allow.length === 0) return undefined;
    return { allow: [...allow, ...(allow.includes("GET") ? ["HEAD"] : []), "OPTIONS"] };
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
