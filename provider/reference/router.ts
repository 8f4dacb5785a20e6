import { type Route, type RouteName, routeNames, routes } from "../spec";

export type Routing =
  | { readonly route: RouteName; readonly id: string }
  /** The path is known, the method is not. */
  | { readonly allow: readonly Route["method"][] }
  | undefined;

const patterns = routeNames.map((name) => {
  const source = routes[name].path.replace(":id", "(?<id>[^/]+)");
  return { name, method: routes[name].method, pattern: new RegExp(`^${source}$`) };
});

/** Finds the spec's route for a request. */
export function findRoute(method: string, path: string): Routing {
  const matches = patterns.flatMap(({ pattern, ...route }) => {
    const match = pattern.exec(path);
    return match === null ? [] : [{ ...route, id: decode(match.groups?.id ?? "") }];
  });
  if (matches.length === 0) return undefined;
  const found = matches.find((route) => route.method === method);
  if (found !== undefined) return { route: found.name, id: found.id };
  return { allow: matches.map((route) => route.method) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
