import fc from "fast-check";
import { createClient } from "../../provider/client";
import {
  CreateIncompleteError,
  createLifecycle,
  type Lifecycle,
  type Properties,
} from "../../provider/lifecycle";
import { type FaultOutcome, type FaultRule, type Reference, startReference } from "../../provider/reference";
import { routeNames } from "../../provider/spec";

// Random programs, operations and faults, run through the lifecycle as the engine runs them, against the reference. The
// model is what the engine would have in its state; the world is what the reference has.

interface Resource {
  readonly id: string;
  readonly state: Properties;
}

interface World {
  readonly reference: Reference;
  /** By the resource's name in the program. */
  readonly state: Map<string, Resource>;
  /** Ids that an error has named: somebody can find them. */
  readonly named: Set<string>;
}

const NAMES = ["a", "b", "c"] as const;

const outcome: fc.Arbitrary<FaultOutcome> = fc.oneof(
  fc.constant<FaultOutcome>({ kind: "reset" }),
  fc.constant<FaultOutcome>({ kind: "truncate" }),
  fc
    .constantFrom(400, 401, 403, 404, 429, 500, 502, 503)
    .map((status): FaultOutcome => ({ kind: "answer", status, body: { statusCode: status, message: "no" } })),
  fc
    .constantFrom(200, 201, 403, 404, 500)
    .map((status): FaultOutcome => ({ kind: "answer", status, body: "<html>" })),
  fc.constant<FaultOutcome>({ kind: "answer", status: 201, body: {} }),
);

/** Refusals are answered before anything is done; whatever else fails may fail before or after. */
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
      what.kind === "answer" && what.status >= 400 && what.status < 500 && typeof what.body !== "string";
    return isRefusal ? { ...rule, commit: false } : rule;
  });

const program = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.record({
    name: fc.constantFrom("X", "Y", "Z"),
    deletionProtection: fc.option(fc.boolean(), { nil: undefined }),
    allowDuplicateName: fc.option(fc.constant(true), { nil: undefined }),
  }),
  { maxKeys: 3 },
);

type Step =
  | { readonly kind: "up" | "preview"; readonly program: Record<string, Properties> }
  | { readonly kind: "refresh" | "destroy" | "deleteOutside" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("up" as const, "preview" as const), program }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("refresh" as const, "destroy" as const, "deleteOutside" as const),
    }),
  },
);

/** A run of the provider; what it knows ends with it. It never pauses. */
function startRun({ reference }: World): Lifecycle {
  const configuration = {
    accessToken: reference.accessToken,
    endpoint: reference.url,
    deletionProtection: false,
    maxRetries: 3,
    requestTimeoutMs: 1000,
  };
  const client = createClient({ ...configuration, random: () => 0, sleep: async () => {} });
  return createLifecycle({ client, configuration, takeOver: (id) => id, looksAfterMs: [0, 0, 0] });
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

async function remove(world: World, run: Lifecycle, key: string, resource: Resource): Promise<boolean> {
  return attempt(world, async () => {
    await run.delete(resource);
    world.state.delete(key);
  });
}

async function create(world: World, run: Lifecycle, key: string, inputs: Properties): Promise<boolean> {
  return attempt(world, async () => {
    try {
      world.state.set(key, await run.create({ inputs }));
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

async function up(world: World, run: Lifecycle, wanted: Record<string, Properties>): Promise<void> {
  for (const [key, inputs] of Object.entries(wanted)) {
    const old = world.state.get(key);
    const checked = run.check({ urn: key, oldInputs: old?.state ?? {}, inputs });
    if (checked.failures.length > 0) return;
    if (old === undefined) {
      if (!(await create(world, run, key, checked.inputs))) return;
      continue;
    }
    const { changes, isComplete } = run.diff({ ...old, inputs: checked.inputs });
    if (changes.some(({ replaces }) => replaces)) {
      const isWhole = await create(world, run, key, checked.inputs);
      if (world.state.get(key) === old) return;
      // The engine deletes the old resource once the new one is whole; until then, or if it could not, it keeps it.
      const isGone = isWhole && (await attempt(world, () => run.delete(old)));
      if (!isGone) world.state.set(`${key} (old ${old.id})`, old);
      if (!isWhole) return;
    } else if (changes.length > 0 || !isComplete) {
      const updated = await attempt(world, async () => {
        world.state.set(key, await run.update({ ...old, inputs: checked.inputs }));
      });
      if (!updated) return;
    }
  }
  for (const [key, resource] of world.state) if (!(key in wanted)) await remove(world, run, key, resource);
}

async function perform(world: World, { kind, ...rest }: Step): Promise<void> {
  const run = startRun(world);
  if (kind === "up" && "program" in rest) return up(world, run, rest.program);
  if (kind === "preview" && "program" in rest) {
    const before = world.reference.requests().filter(({ method }) => method !== "GET").length;
    for (const [key, inputs] of Object.entries(rest.program)) {
      const old = world.state.get(key);
      const { inputs: checked } = run.check({ urn: key, oldInputs: old?.state ?? {}, inputs });
      if (old === undefined) await run.previewCreate({ inputs: checked });
      else run.diff({ ...old, inputs: checked });
    }
    expect(world.reference.requests().filter(({ method }) => method !== "GET")).toHaveLength(before);
  }
  if (kind === "deleteOutside") {
    const [first] = world.reference.servers();
    if (first === undefined) return;
    // It may meet a fault like any other request.
    await fetch(`${world.reference.url}/v1/servers/${first.id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${world.reference.accessToken}` },
    }).catch(() => {});
  }
  for (const [key, resource] of [...world.state]) {
    if (kind === "destroy") await remove(world, run, key, resource);
    if (kind === "refresh") {
      await attempt(world, async () => {
        const found = await run.read(resource);
        if (found === undefined) world.state.delete(key);
        else world.state.set(key, found);
      });
    }
  }
}

test("no schedule of faults loses, doubles or wrongly deletes a server", async () => {
  const reference = await startReference();
  const runs = Number(process.env.MODEL_RUNS ?? 1000);
  const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.array(fault, { maxLength: 3 }),
        async (steps, faults) => {
          reference.reset();
          const world: World = { reference, state: new Map(), named: new Set() };
          for (const rule of faults) reference.faults.add(rule);
          for (const each of steps) {
            const before = new Map(world.state);
            const there = new Set(reference.servers().map(({ id }) => id));
            const sent = reference.requests().length;
            await perform(world, each);
            if (each.kind === "deleteOutside") continue;
            const known = new Set([...before.values(), ...world.state.values()].map(({ id }) => id));
            for (const { method, path } of reference.requests().slice(sent)) {
              // Never a DELETE for an id that is not in the state.
              if (method === "DELETE") expect(known).toContain(path.split("/").pop());
            }
            // Protected servers live.
            for (const { id, state } of before.values()) {
              const wasThere = state.deletionProtection === true && there.has(id);
              if (wasThere) expect(reference.servers().map((server) => server.id)).toContain(id);
            }
          }
          // No server without either a state or an error that named it.
          const owned = new Set([...world.state.values()].map(({ id }) => id));
          const lost = reference.servers().filter(({ id }) => !owned.has(id) && !world.named.has(id));
          expect(lost).toEqual([]);
          // One POST a create: as many servers were made as POSTs were carried out, and none is in two states.
          expect(owned.size).toBe(world.state.size);
        },
      ),
      { numRuns: runs, seed },
    );
    console.log(`${runs} random schedules held; MODEL_SEED=${seed}`);
  } finally {
    await reference.stop();
  }
}, 300_000);
