/** Components by the URNs of the servers that this process has registered in them. */
const components = new Map<string, string>();

/** The URN of the component that a server belongs to, if this process has constructed it. */
export function componentOf(urn: string): string | undefined {
  return components.get(urn);
}

/** Notes that a component is about to register a child: the engine checks and creates the child before it names its URN. */
export function recordChild(componentUrn: string, type: string, name: string): void {
  const [urn, project, componentType] = componentUrn.split("::", 3);
  components.set(`${urn}::${project}::${componentType}$${type}::${name}`, componentUrn);
}
