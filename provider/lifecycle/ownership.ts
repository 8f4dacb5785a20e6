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
  /** Notes the server that a resource has created. */
  claim(id: string, owner: Owner): void;
  /** Notes that the program keeps a resource and its server. */
  keep(id: string, owner: Owner): void;
  /** Notes that a resource still has its server although the program does not: the delete was refused. */
  refuseDelete(id: string, owner: Owner): void;
  /** Notes that a resource is about to lose the server that it had: the run replaces it. */
  release(owner: Owner): void;
  /** Whether a resource other than `owner` has the server. */
  hasOther(id: string, owner: Owner): boolean;
  /** Whether the program keeps the server, whichever resource has it. */
  isKept(id: string): boolean;
  /** The server that a resource has instead of this one, if it has one. */
  findSuccessor(id: string, owner: Owner): string | undefined;
  /** Notes that a resource is about to take an existing server over, by an import or `adopt`. */
  announce(id: string, owner: Owner): void;
  /** Whether another resource is about to take the server over, has done so, or failed to, in this run. */
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
  /** The one server that a resource has now. */
  const current = new Map<Owner, { readonly id: string; readonly isKept: boolean }>();
  const refused = new Map<Owner, Set<string>>();
  const announced = new Map<string, Owner>();
  const lookedAt = new Map<Owner, string>();
  const takenOver = new Set<string>();
  const keep = (id: string, owner: Owner) => void current.set(owner, { id, isKept: true });
  return {
    claim: (id, owner) => void current.set(owner, { id, isKept: false }),
    keep,
    refuseDelete: (id, owner) => void refused.set(owner, (refused.get(owner) ?? new Set()).add(id)),
    release: (owner) => void current.delete(owner),
    hasOther: (id, owner) =>
      [...current].some(([other, has]) => other !== owner && has.id === id) ||
      [...refused].some(([other, ids]) => other !== owner && ids.has(id)),
    isKept: (id) => [...current.values()].some((has) => has.isKept && has.id === id),
    findSuccessor(id, owner) {
      const has = owner === undefined ? undefined : current.get(owner);
      return has?.id === id ? undefined : has?.id;
    },
    announce: (id, owner) => void announced.set(id, owner),
    isAnnouncedByOther: (id, owner) => announced.has(id) && announced.get(id) !== owner,
    lookAt: (id, owner) => void lookedAt.set(owner, id),
    hasLookedAt: (id, owner) => lookedAt.get(owner) === id,
    takeOver(id, owner) {
      announced.set(id, owner);
      takenOver.add(id);
      keep(id, owner);
    },
    isTakenOver: (id) => takenOver.has(id),
  };
}
