/**
 * A resource of the program: its URN, or what stands in for it where the host is told no URN. Undefined where the host cannot
 * tell which resource it is.
 */
export type Owner = string | undefined;

/**
 * Which resource of the program has which server, as far as the engine has said in this run. Two resources come to have one
 * server when a renamed resource takes its own server over by an import or `adopt`: whichever leaves first must not delete it.
 */
export interface Ownership {
  /** Notes that a resource keeps a server. */
  claim(id: string, owner: Owner): void;
  /** Notes that a resource is about to lose whatever server it had: the run replaces it. */
  release(owner: Owner): void;
  /** Whether a resource other than `owner` keeps the server; any resource if the owner is undefined. */
  hasOther(id: string, owner: Owner): boolean;
  /** Notes that a resource takes an existing server over, by an import or `adopt`. */
  takeOver(id: string, owner: Owner): void;
  /** Whether another resource takes the server over in this run. */
  isTakenOverByOther(id: string, owner: Owner): boolean;
}

export function createOwnership(): Ownership {
  const owners = new Map<string, Set<Owner>>();
  const takenOver = new Map<string, Owner>();
  return {
    claim(id, owner) {
      owners.set(id, (owners.get(id) ?? new Set()).add(owner));
    },
    release(owner) {
      for (const each of owners.values()) each.delete(owner);
    },
    hasOther(id, owner) {
      const others = [...(owners.get(id) ?? [])];
      return owner === undefined ? others.length > 0 : others.some((other) => other !== owner);
    },
    takeOver(id, owner) {
      takenOver.set(id, owner);
    },
    isTakenOverByOther: (id, owner) => takenOver.has(id) && takenOver.get(id) !== owner,
  };
}
