import fc from "fast-check";
import { CreateIncompleteError } from "../../provider/lifecycle";
import type { FaultOutcome, FaultRule, Reference } from "../../provider/reference";
import type { Properties } from "../../provider/settings";
import { routeNames } from "../../provider/spec";
import { deleteOutside } from "../support/account";
import { refuse, respond } from "../support/faults";
import { useReference } from "../support/fixtures";
import { type Operations, startOperations } from "../support/operations";

// Random programs, operations and faults, run through the lifecycle as the engine runs them, against the
// reference. The model is what the engine would have in its state; the world is what the reference has.

const reference = useReference();

interface Resource {
  readonly id: string;
  readonly state: Properties;
}

interface World {
  readonly reference: Reference;
  /** Whether the host tells which resource a delete is for: the plugin does, the dynamic form does not. */
  readonly knowsOwners: boolean;
  /** By the resource's name in the program. */
  readonly state: Map<string, Resource>;
  /** Ids that an error has named: somebody can find them. */
  readonly named: Set<string>;
  /** How often the stack has been renamed: names that are made up depend on it. */
  stackRenames: number;
}

const LOGICAL_NAMES = ["a", "b", "c"] as const;

const outcome = fc.oneof(
  fc.constantFrom<FaultOutcome>({ kind: "reset" }, { kind: "truncate" }, { kind: "stale" }),
  fc.constantFrom(400, 401, 403, 404, 500, 502, 503, 520).map((status) => refuse(status)),
  fc.constantFrom({}, { "retry-after": "2" }).map((headers) => refuse(429, "slow down", headers)),
  fc.constantFrom(200, 201, 202, 403, 404, 500).map((status) => respond(status, "<html>")),
  fc.constantFrom({}, [{}], { id: "", name: null }).map((body) => respond(201, body)),
  // A refusal of something on the way that speaks JSON, but not as the API does.
  fc.constant(respond(404, { message: "no route" })),
);

/** The API refuses before it does anything; whatever else fails may fail before or after. */
const fault: fc.Arbitrary<FaultRule> = fc
  .record({
    route: fc.constantFrom(...routeNames),
    skip: fc.nat(2),
    times: fc.integer({ min: 1, max: 5 }),
    commit: fc.boolean(),
    outcome,
  })
  .map((rule) => {
    const { outcome: what } = rule;
    const isRefusal =
      "status" in what && what.status >= 400 && what.status < 500 && typeof what.body !== "string";
    if (what.kind === "stale") return { ...rule, route: "listServers" as const, commit: true };
    return isRefusal ? { ...rule, commit: false } : rule;
  });

/**
 * A list that lags behind may be wrong about all that came before it: together with a lost response, or with
 * a 404 that is wrong as well, nothing could be known. That is a limit which docs/reliability.md names, so
 * such faults do not meet here.
 */
const faults = fc.array(fault, { maxLength: 3 }).map((rules) => {
  if (!rules.some((rule) => rule.outcome.kind === "stale")) return rules;
  return rules.filter(({ route, outcome: what }) => {
    const isRead = route === "getServer" || route === "listServers";
    return isRead && !("status" in what && what.status === 404);
  });
});

const server = fc.record(
  {
    name: fc.constantFrom("X", "Y", "Z"),
    deletionProtection: fc.boolean(),
    allowDuplicateName: fc.constant(true),
    /** Which of the servers that exist to adopt. */
    adopt: fc.nat(2),
  },
  { requiredKeys: [] },
);

const program = fc.dictionary(fc.constantFrom(...LOGICAL_NAMES), server, { maxKeys: 3 });
type Program = Readonly<Record<string, Properties>>;

const logicalName = fc.constantFrom(...LOGICAL_NAMES);

type Step =
  | {
      readonly kind: "up" | "preview";
      readonly program: Program;
      /** A resource to replace although nothing has changed, as `--replace` and a taint do. */
      readonly replace: string | undefined;
      readonly deleteBeforeReplace: boolean;
      /** Whether the run refreshes the state first, as `--refresh` does. */
      readonly refresh: boolean;
    }
  | { readonly kind: "refresh" | "destroy" | "deleteOutside" | "renameStack" }
  | { readonly kind: "import"; readonly key: string; readonly which: number }
  | { readonly kind: "renameResource"; readonly from: string; readonly to: string };

const engineRun = fc.record({
  kind: fc.constantFrom("up" as const, "up" as const, "preview" as const),
  program,
  replace: fc.option(logicalName, { nil: undefined, freq: 4 }),
  deleteBeforeReplace: fc.boolean(),
  refresh: fc.boolean(),
});
const event = fc.record({
  kind: fc.constantFrom(
    "refresh" as const,
    "destroy" as const,
    "deleteOutside" as const,
    "renameStack" as const,
  ),
});
const importing = fc.record({ kind: fc.constant("import" as const), key: logicalName, which: fc.nat(2) });
const renaming = fc.record({
  kind: fc.constant("renameResource" as const),
  from: logicalName,
  to: logicalName,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: engineRun },
  { weight: 4, arbitrary: event },
  { weight: 2, arbitrary: importing },
  { weight: 1, arbitrary: renaming },
);

/** A run of the provider; what it knows ends with it. Pauses move the reference's clock and take no time. */
function startRun({ reference }: World): Operations {
  return startOperations(
    { accessToken: reference.accessToken, endpoint: reference.url, requestTimeoutMs: 1000 },
    { reconcileDelaysMs: [0, 0, 0], sleep: async (ms) => reference.clock.advance(Math.ceil(ms)) },
  );
}

async function attempt(world: World, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    for (const { id } of world.reference.servers()) if (String(error).includes(id)) world.named.add(id);
    return false;
  }
}

async function remove(world: World, run: Operations, key: string, resource: Resource): Promise<boolean> {
  return attempt(world, async () => {
    await run.delete({ ...resource, owner: world.knowsOwners ? key : undefined });
    if (world.state.get(key) === resource) world.state.delete(key);
  });
}

async function create(world: World, run: Operations, key: string, inputs: Properties): Promise<boolean> {
  return attempt(world, async () => {
    try {
      const made = await run.create({ owner: key, inputs });
      // What a POST made is nobody else's.
      const others = [...world.state].filter(([other, { id }]) => other !== key && id === made.id);
      if (inputs.adopt === undefined) expect(others).toEqual([]);
      world.state.set(key, made);
    } catch (error) {
      if (error instanceof CreateIncompleteError) world.state.set(key, { id: error.id, state: error.state });
      else {
        // An outcome that is unclear is named by the server's name: the next run stops at it.
        for (const { id, name } of world.reference.servers()) {
          if (String(error).includes("[create-unclear]") && name === inputs.name) world.named.add(id);
        }
      }
      throw error;
    }
  });
}

/** The inputs as the engine hands them to Check, with `adopt` pointing at a server that exists. */
function inputsOf({ reference }: World, { adopt, ...inputs }: Properties): Properties {
  const { id } = reference.servers()[Number(adopt)] ?? {};
  return id === undefined || inputs.name === undefined ? inputs : { ...inputs, adopt: id };
}

async function up(world: World, run: Operations, { program: wanted, ...step }: Step & { program: Program }) {
  const { replace, deleteBeforeReplace } = step as { replace?: string; deleteBeforeReplace?: boolean };
  /** What replacements leave behind: the engine deletes it last, and keeps what it could not delete. */
  const replaced: [key: string, Resource][] = [];
  for (const [key, given] of Object.entries(wanted)) {
    const old = world.state.get(key);
    const inputs = inputsOf(world, given);
    const autoName = () => `${key}-${world.stackRenames}`;
    const isForced = old !== undefined && key === replace;
    const first = run.check({ owner: key, oldInputs: isForced ? {} : (old?.state ?? {}), inputs, autoName });
    if (first.failures.length > 0) return;
    if (old === undefined) {
      if (!(await create(world, run, key, first.inputs))) return;
      continue;
    }
    let replaces = isForced;
    let isUpdate = false;
    if (!isForced) {
      try {
        const { changes, isComplete } = run.diff({ ...old, owner: key, inputs: first.inputs });
        replaces = changes.some((change) => change.replaces);
        isUpdate = changes.length > 0 || !isComplete;
      } catch {
        return;
      }
      // A name that was made up is kept, whatever becomes of the stack.
      if (given.name === undefined) expect(replaces).toBe(false);
    }
    if (replaces) {
      const again = isForced ? first : run.check({ owner: key, oldInputs: {}, inputs, autoName });
      if (again.failures.length > 0) return;
      if (deleteBeforeReplace && !(await remove(world, run, key, old))) return;
      const isWhole = await create(world, run, key, again.inputs);
      if (deleteBeforeReplace && !isWhole) return;
      if (world.state.get(key) === old) return;
      if (!deleteBeforeReplace) {
        world.state.set(`${key} (old ${old.id})`, old);
        replaced.push([key, old]);
      }
      if (!isWhole) return;
    } else if (isUpdate) {
      const updated = await attempt(world, async () => {
        world.state.set(key, await run.update({ ...old, inputs: first.inputs }));
      });
      if (!updated) return;
    }
  }
  for (const [key, old] of replaced)
    if (await remove(world, run, key, old)) world.state.delete(`${key} (old ${old.id})`);
  for (const [key, resource] of [...world.state])
    if (!(key in wanted) && !key.includes("(old")) await remove(world, run, key, resource);
}

/** A preview sends nothing but GETs. */
async function preview(world: World, run: Operations, wanted: Program): Promise<void> {
  const writes = () => world.reference.requests().filter(({ method }) => method !== "GET").length;
  const before = writes();
  for (const [key, given] of Object.entries(wanted)) {
    const old = world.state.get(key);
    const inputs = inputsOf(world, given);
    const checked = run.check({ owner: key, oldInputs: old?.state ?? {}, inputs, autoName: () => key });
    if (checked.failures.length > 0) break;
    if (old === undefined) await run.previewCreate({ owner: key, inputs: checked.inputs });
    else await attempt(world, async () => void run.diff({ ...old, owner: key, inputs: checked.inputs }));
  }
  expect(writes()).toBe(before);
}

/** What a person does in the API's dashboard; the request may meet a fault like any other. */
async function deleteFirst({ reference }: World): Promise<void> {
  const [first] = reference.servers();
  if (first !== undefined) await deleteOutside(reference, first.id).catch(() => {});
}

async function refresh(world: World, run: Operations): Promise<void> {
  for (const [key, resource] of [...world.state])
    await attempt(world, async () => {
      const found = await run.read({ ...resource, owner: key });
      if (found === undefined) world.state.delete(key);
      else world.state.set(key, found);
    });
}

async function perform(world: World, step: Step): Promise<void> {
  const run = startRun(world);
  const { state, reference } = world;
  if (step.kind === "up") {
    if (step.refresh) await refresh(world, run);
    return up(world, run, step);
  }
  if (step.kind === "preview") return preview(world, run, step.program);
  if (step.kind === "deleteOutside") return deleteFirst(world);
  if (step.kind === "renameStack") world.stackRenames += 1;
  if (step.kind === "renameResource") {
    const resource = state.get(step.from);
    if (resource === undefined || state.has(step.to)) return;
    state.delete(step.from);
    state.set(step.to, resource);
  }
  if (step.kind === "import") {
    const { id } = reference.servers()[step.which] ?? {};
    if (id === undefined || state.has(step.key)) return;
    await attempt(world, async () => {
      const found = await run.import({ owner: step.key, id });
      if (found !== undefined) state.set(step.key, found);
    });
  }
  for (const [key, resource] of [...state]) {
    if (step.kind === "destroy") await remove(world, run, key, resource);
  }
  if (step.kind === "refresh") await refresh(world, run);
}

/** What must be so after each step. */
function verify(
  world: World,
  before: ReadonlyMap<string, Resource>,
  wasThere: ReadonlySet<string>,
  each: Step,
  sent: number,
) {
  const { reference, state } = world;
  const there = new Set(reference.servers().map(({ id }) => id));
  // Never a DELETE for an id that is not in the state.
  const known = new Set([...before.values(), ...state.values()].map(({ id }) => id));
  const requests = reference.requests().slice(sent);
  const deletes = requests
    .filter(({ method }) => method === "DELETE")
    .map(({ path }) => path.split("/").pop());
  for (const id of deletes) expect(known).toContain(id);
  const shared = (id: string) => [...before.values()].filter((resource) => resource.id === id).length > 1;
  // Where two resources have one server, a run learns of it from the diff of either. There is none for a
  // resource that is not in the program or whose replacement is forced, and one that comes after a delete
  // before a replacement comes too late.
  const isTold = (key: string, id: string) =>
    !shared(id) ||
    (each.kind === "up" && key in each.program && key !== each.replace && !each.deleteBeforeReplace);
  // Protected servers live.
  for (const [key, { id, state: stored }] of before)
    if (stored.deletionProtection === true && wasThere.has(id) && isTold(key, id))
      expect(there).toContain(id);
  // A server lives as long as one resource of the program has it.
  for (const [key, { id }] of state) {
    const wasGone = before.get(key)?.id === id && !wasThere.has(id);
    // Its own delete, of which the response was lost.
    const isDeleted = !shared(id) && deletes.includes(id);
    if (each.kind === "up" && key in each.program && !wasGone && !isDeleted && isTold(key, id))
      expect(there).toContain(id);
  }
  // A refresh forgets no server that exists.
  if (each.kind === "refresh")
    for (const [key, { id }] of before) if (there.has(id)) expect([...state.keys()]).toContain(key);
}

test("no schedule of faults and no ordinary life loses, doubles or wrongly deletes a server", async () => {
  const runs = Number(process.env.MODEL_RUNS ?? 1000);
  const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const schedule = fc.asyncProperty(
    fc.array(step, { maxLength: 7 }),
    faults,
    fc.boolean(),
    async (steps, rules, knowsOwners) => {
      reference.reset();
      const world: World = { reference, knowsOwners, state: new Map(), named: new Set(), stackRenames: 0 };
      for (const rule of rules) reference.faults.add(rule);
      for (const each of steps) {
        const before = new Map(world.state);
        const wasThere = new Set(reference.servers().map(({ id }) => id));
        const sent = reference.requests().length;
        await perform(world, each);
        if (each.kind !== "deleteOutside") verify(world, before, wasThere, each, sent);
      }
      // No server without either a state or an error that named it.
      const owned = new Set([...world.state.values()].map(({ id }) => id));
      const lost = reference.servers().filter(({ id }) => !owned.has(id) && !world.named.has(id));
      expect(lost).toEqual([]);
    },
  );
  await fc.assert(schedule, { numRuns: runs, seed });
  console.log(`${runs} random schedules held; MODEL_SEED=${seed}`);
});
