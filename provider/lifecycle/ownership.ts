/**
 * A resource of the program: its URN, or what stands in for it where the host is told no URN. Undefined where
 * the host cannot tell which resource it is.
 */
export type Owner = string | undefined;

/**
 * Which resource of the program has which server, as far as the engine has said in this run. Two resources
 * come to have one server when a renamed resource takes its own server over by an import or `adopt`:
 * whichever leaves first must not delete it.
 */
export interface Ownership {
  /** Notes that a resource keeps a server. */
  claim(id: string, owner: Owner): void;
  /** Notes that a resource is about to lose whatever server it had: the run replaces it. */
  release(owner: Owner): void;
  /** Whether a resource other than `owner` keeps the server; any resource if the owner is undefined. */
  hasOther(id: string, owner: Owner): boolean;
  /** The server that a resource keeps instead of this one, if it does. */
  findSuccessor(id: string, owner: Owner): string | undefined;
  /** Notes that a resource is about to take an existing server over, by an import or `adopt`. */
  announce(id: string, owner: Owner): void;
  /** Whether another resource is about to take the server over, or has done so, in this run. */
  isAnnouncedByOther(id: string, owner: Owner): boolean;
  /** Notes that a resource reads a server unknown to it: a `get`, or an import, which goes on to a diff. */
  lookAt(id: string, owner: Owner): void;
  /** Whether the resource has read the server without knowing anything of it. */
  hasLookedAt(id: string, owner: Owner): boolean;
  /** Notes that a resource has taken an existing server over. */
  takeOver(id: string, owner: Owner): void;
  isTakenOver(id: string): boolean;
}

export function createOwnership(): Ownership {
  const owners = new Map<string, Set<Owner>>();
  const announced = new Map<string, Owner>();
  const lookedAt = new Map<Owner, string>();
  const takenOver = new Set<string>();
  function claim(id: string, owner: Owner): void {
    owners.set(id, (owners.get(id) ?? new Set()).add(owner));
  }
  return {
    claim,
    release(owner) {
      for (const each of owners.values()) each.delete(owner);
    },
    hasOther(id, owner) {
      const all = [...(owners.get(id) ?? [])];
      return owner === undefined ? all.length > 0 : all.some((one) => one !== owner);
    },
    announce: (id, owner) => void announced.set(id, owner),
    isAnnouncedByOther: (id, owner) => announced.has(id) && announced.get(id) !== owner,
    findSuccessor: (id, owner) =>
      owner === undefined
        ? undefined
        : [...owners].find(([other, all]) => other !== id && all.has(owner))?.[0],
    lookAt: (id, owner) => void lookedAt.set(owner, id),
    hasLookedAt: (id, owner) => lookedAt.get(owner) === id,
    takeOver(id, owner) {
      announced.set(id, owner);
      takenOver.add(id);
      claim(id, owner);
    },
    isTakenOver: (id) => takenOver.has(id),
  };
}
