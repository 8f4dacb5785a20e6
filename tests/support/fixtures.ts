import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Reference, type ReferenceOptions, startReference } from "pulumi-postject/reference";
import { createWorkspace, type Workspace } from "../../tools/workspace";
import { createTestStack, type TestStack, type TestStackOptions } from "./stack";

/** Whether each test gets a fixture of its own, which is the default, or all tests of the file share one. */
export interface FixtureScope {
  readonly per?: "test" | "file";
}

/** Starts a reference API before the tests and stops it after them. */
export function useReference({ per = "test", ...options }: ReferenceOptions & FixtureScope = {}): Reference {
  return useFixture(
    per,
    () => startReference(options),
    (reference) => reference.stop(),
  );
}

/** Creates a stack per test, connected to the reference API; its program is empty until a test sets one. */
export function useStack(options: TestStackOptions & { readonly reference: Reference }): TestStack {
  return useFixture(
    "test",
    () => createTestStack(options),
    (stack) => stack.remove(),
  );
}

/** Creates a temporary folder before the tests and removes it after them. */
export function useFolder({ per = "test" }: FixtureScope = {}): { readonly path: string } {
  return useFixture(
    per,
    () => ({ path: mkdtempSync(path.join(tmpdir(), "pulumi-postject-")) }),
    (folder) => rmSync(folder.path, { recursive: true, force: true }),
  );
}

export interface WorkspaceFixture extends FixtureScope {
  /** The API that the environment connects programs to. */
  readonly reference?: Reference;
  /** Connects without an access token, for tests that bring their own. */
  readonly withoutAccessToken?: boolean;
  /** Leaves `node_modules` to the test. */
  readonly bare?: boolean;
}

/** Copies a folder of the checkout into a workspace before the tests, and removes it after them. */
export function useWorkspace(
  example: string,
  { per = "test", reference, withoutAccessToken = false, bare = false }: WorkspaceFixture = {},
): Workspace {
  const connection = () => ({
    ...(reference && { POSTJECT_ENDPOINT: reference.url }),
    ...(reference && !withoutAccessToken && { POSTJECT_ACCESS_TOKEN: reference.accessToken }),
  });
  return useFixture(
    per,
    () => createWorkspace({ example, bare, env: connection() }),
    (workspace) => workspace.remove(),
  );
}

/**
 * Registers hooks that open and close a fixture, and returns an object that stands for the one that is open
 * at the moment, so that tests can hold it in a constant.
 */
function useFixture<Fixture extends object>(
  per: "test" | "file",
  open: () => Fixture | Promise<Fixture>,
  close: (fixture: Fixture) => void | Promise<void>,
): Fixture {
  let current: Fixture | undefined;
  const opened = () => {
    if (current === undefined) throw new Error("a fixture is only there while tests and their hooks run");
    return current;
  };
  const [before, after] = per === "test" ? [beforeEach, afterEach] : [beforeAll, afterAll];
  before(async () => {
    current = await open();
  });
  after(async () => {
    if (current !== undefined) await close(current);
    current = undefined;
  });
  return new Proxy({} as Fixture, {
    get: (_, key) => Reflect.get(opened(), key),
    set: (_, key, value) => Reflect.set(opened(), key, value),
  });
}
