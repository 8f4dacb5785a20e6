/** The parts of a resource's URN: `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`. */
export interface UrnParts {
  readonly project: string;
  readonly type: string;
  /** The type of the resource's parent; undefined for one at the root of the stack. */
  readonly parentType: string | undefined;
  readonly name: string;
}

/** Takes a URN apart; all parts are empty where there is none. */
export function parseUrn(urn: string): UrnParts {
  // A name may hold anything, also colons.
  const [, project = "", types = "", ...name] = urn.split("::");
  const [type = "", parentType] = types.split("$").toReversed();
  return { project, type, parentType, name: name.join("::") };
}

/** The URN of a resource in a component. */
export function childUrn(componentUrn: string, type: string, name: string): string {
  const [stack, project, componentType] = componentUrn.split("::", 3);
  return `${stack}::${project}::${componentType}$${type}::${name}`;
}
