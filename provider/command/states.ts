import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { isMap } from "../settings";
import { serverResource } from "../spec";
import { parseUrn } from "../spec/urn";
import type { Form } from "./import-file";
import { reasonOf } from "./output";

const run = promisify(execFile);

/** What one stack's state says of its servers. */
export interface StackState {
  /** The stack or the file, as the user named it. */
  readonly source: string;
  /** Ids of the servers that the stack owns or reads. */
  readonly serverIds: readonly string[];
  /** The names of these servers' resources. */
  readonly names: readonly string[];
  /** The provider's forms that these servers use. */
  readonly forms: ReadonlySet<Form>;
  /** An update of the stack is under way, or was cut off: a server may exist that is not in the state yet. */
  readonly isUnderWay: boolean;
  /** Servers created after this time may still belong to the stack; milliseconds since the epoch. */
  readonly knownUntil: number;
}

/** A usage error: shown without a code, with the exit code for wrong usage. */
export class UsageError extends Error {}

/** A state larger than this is not one; Pulumi's own limit for a message is 400 MiB. */
const STATE_LIMIT_BYTES = 400 * 1024 * 1024;

/** Reads a stack's state with the Pulumi CLI, from the project in this folder. No secret is asked for. */
export async function readStack(stack: string): Promise<StackState> {
  const state = parseState(stack, await runPulumi(["stack", "export", "--stack", stack]));
  // It is the stack as it is now.
  return { ...state, knownUntil: Number.POSITIVE_INFINITY };
}

/** Reads a state that `pulumi stack export` wrote, or one of a file backend; `-` is standard input. */
export async function readStateFile(file: string): Promise<StackState> {
  try {
    const bytes = await (file === "-" ? readStdin() : readFile(file));
    return parseState(file === "-" ? "standard input" : file, decode(bytes));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot read ${file}: ${reasonOf(error)}`);
  }
}

/** The stack's configuration as it is now, secrets in clear; they stay in this process. */
export async function readStackConfiguration(stack: string): Promise<Record<string, string | undefined>> {
  const text = await runPulumi(["config", "--json", "--show-secrets", "--stack", stack]);
  const entries = Object.entries(JSON.parse(text) as Record<string, { value?: string }>);
  return Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
}

async function runPulumi(args: readonly string[]): Promise<string> {
  try {
    const options = { maxBuffer: STATE_LIMIT_BYTES };
    return (await run("pulumi", [...args, "--non-interactive"], options)).stdout;
  } catch (error) {
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") throw new UsageError("--stack needs the Pulumi CLI, and `pulumi` is not on PATH");
    throw new UsageError(`\`pulumi ${args.join(" ")}\` failed: ${stderr.trim()}`);
  }
}

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Windows PowerShell writes UTF-16 where it redirects output. */
function decode(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
}

const formOfType: ReadonlyMap<string, Form> = new Map([
  [serverResource.token, "plugin"],
  [serverResource.dynamicType, "dynamic"],
]);

/** A resource as states show it, as far as it matters here. */
interface StateResource {
  readonly urn?: string;
  readonly type?: string;
  readonly id?: string;
}

interface Deployment {
  readonly manifest?: { readonly time?: string };
  readonly resources?: readonly StateResource[] | null;
  readonly pending_operations?: readonly { readonly resource?: StateResource }[] | null;
}

function parseState(source: string, text: string): StackState {
  const deployment = findDeployment(text);
  if (deployment === undefined)
    throw new UsageError(`${source} is not a stack's state; \`pulumi stack export\` writes one`);
  const isServer = ({ type = "" }: StateResource) => formOfType.has(type);
  const servers = (deployment.resources ?? []).filter(isServer);
  return {
    source,
    serverIds: servers.flatMap(({ id }) => (id === undefined ? [] : [id])),
    names: servers.map(({ urn = "" }) => parseUrn(urn).name),
    forms: new Set(servers.flatMap(({ type = "" }) => formOfType.get(type) ?? [])),
    // When it was exported is not in it; when it last changed is.
    knownUntil: Date.parse(deployment.manifest?.time ?? ""),
    isUnderWay: (deployment.pending_operations ?? []).some(({ resource }) => resource && isServer(resource)),
  };
}

/** `stack export` writes `deployment`, a file backend `checkpoint.latest`, absent until the first update. */
function findDeployment(text: string): Deployment | undefined {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { deployment, checkpoint } = isMap(state) ? state : {};
  const found = deployment ?? (isMap(checkpoint) ? (checkpoint.latest ?? {}) : undefined);
  if (!isMap(found)) return undefined;
  const areLists = [found.resources, found.pending_operations].every(
    (list) => list == null || (Array.isArray(list) && list.every(isMap)),
  );
  return areLists ? found : undefined;
}
