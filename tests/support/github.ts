import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runInNewContext } from "node:vm";
import { createWorkspace } from "../../tools/workspace";
import { openTerminal } from "./terminal";
import { readYaml } from "./yaml";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly if: string; readonly steps: readonly Step[] }>>;
}

/** What an event brings: the values of `${{ … }}`, and what GitHub sets in the environment itself. */
export interface GitHubEvent {
  readonly github: { readonly event_name: string; readonly repository: string; readonly event: object };
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

export interface JobResult {
  readonly job: string;
  /** Of the command that failed and ended the job; else 0. */
  readonly exitCode: number;
  /** All of stdout and stderr, without the lines that tell GitHub what to mask. */
  readonly printed: string;
  /** What the job's steps wrote for later steps. */
  readonly environment: string;
}

/**
 * Runs the jobs of a workflow whose `if` holds for the event, each in a fresh copy of the example, as a runner has it:
 * `run` steps and those of the repository's own actions. Actions of others are left out.
 */
export async function runWorkflow(example: string, file: string, event: GitHubEvent): Promise<JobResult[]> {
  const [workflow] = readYaml<Workflow>(path.join(example, file));
  const results: JobResult[] = [];
  for (const [job, { if: condition, steps }] of Object.entries(workflow?.jobs ?? {})) {
    if (!evaluate(condition, event)) continue;
    const env = Object.entries(workflow?.env ?? {}).map(([name, value]) => [name, fillIn(value, event)]);
    const commands = steps.flatMap((step) => commandsOf(step, example));
    results.push({ job, ...(await runJob(example, commands, { ...event.env, ...Object.fromEntries(env) })) });
  }
  return results;
}

async function runJob(
  example: string,
  commands: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Omit<JobResult, "job">> {
  const workspace = createWorkspace({ example, engine: [] });
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-runner-"));
  const file = path.join(folder, "github-env");
  writeFileSync(file, "");
  const environment = () => readFileSync(file, "utf8");
  try {
    const terminal = openTerminal(workspace, { env: { ...env, GITHUB_ENV: file } });
    let printed = "";
    for (const command of commands) {
      const { exitCode, stdout, stderr } = await terminal.run(`set -a; . "${file}"; set +a\n${command}`);
      printed += `${stdout.replace(/^::add-mask::.*$/gm, "")}${stderr}`;
      if (exitCode !== 0) return { exitCode, printed, environment: environment() };
    }
    return { exitCode: 0, printed, environment: environment() };
  } finally {
    workspace.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandsOf({ uses, run }: Step, example: string): string[] {
  if (run !== undefined) return [run];
  if (!uses?.startsWith("./")) return [];
  const [action] = readYaml<{ runs: { steps: readonly Step[] } }>(path.join(example, uses, "action.yml"));
  return action?.runs.steps.flatMap((step) => commandsOf(step, example)) ?? [];
}

/** GitHub's expressions, as far as they read like JavaScript. */
const evaluate = (expression: string, { github, vars, secrets }: GitHubEvent): unknown =>
  runInNewContext(expression, { github, vars, secrets });

const fillIn = (text: string, event: GitHubEvent) =>
  text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => String(evaluate(expression, event) ?? ""));
