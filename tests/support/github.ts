import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { parse } from "yaml";
import { ROOT } from "../../tools/root";
import { createWorkspace } from "../../tools/workspace";
import { openTerminal } from "./terminal";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly if: string; readonly steps: readonly Step[] }>>;
}

/** What an event provides: the contexts of `${{ … }}`, and the variables that GitHub sets. */
export interface GitHubEvent {
  readonly github: { readonly event_name: string; readonly repository: string; readonly event: object };
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

export interface JobResult {
  readonly job: string;
  /** The exit code of the command that failed and ended the job, or 0. */
  readonly exitCode: number;
  /** All of stdout and stderr, except the lines that tell GitHub what to mask. */
  readonly printed: string;
  /** What the job's steps wrote for later steps. */
  readonly environment: string;
}

/**
 * Runs the jobs of a workflow whose `if` is true for the event, each in a fresh copy of the example, as on a
 * runner: the `run` steps and those of the repository's own actions. Actions of others are skipped.
 */
export async function runWorkflow(example: string, file: string, event: GitHubEvent): Promise<JobResult[]> {
  const { env, jobs } = readYaml(path.join(example, file)) as Workflow;
  const variables = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, interpolate(value, event)]),
  );
  const results: JobResult[] = [];
  for (const [job, { if: condition, steps }] of Object.entries(jobs)) {
    if (evaluate(condition, event) !== "true") continue;
    const commands = steps.flatMap((step) => commandsOf(step, example));
    results.push({ job, ...(await runJob(example, commands, { ...event.env, ...variables })) });
  }
  return results;
}

async function runJob(
  example: string,
  commands: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Omit<JobResult, "job">> {
  const workspace = createWorkspace({ example });
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-postject-runner-"));
  const file = path.join(folder, "github-env");
  writeFileSync(file, "");
  try {
    const terminal = openTerminal(workspace, { env: { ...env, GITHUB_ENV: file } });
    let printed = "";
    let exitCode = 0;
    for (const command of commands) {
      const result = await terminal.run(`set -a; . "${file}"; set +a\n${command}`);
      printed += `${result.stdout.replace(/^::add-mask::.*$/gm, "")}${result.stderr}`;
      exitCode = result.exitCode;
      if (exitCode !== 0) break;
    }
    return { exitCode, printed, environment: readFileSync(file, "utf8") };
  } finally {
    workspace.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandsOf({ uses, run }: Step, example: string): string[] {
  if (run !== undefined) return [run];
  if (!uses?.startsWith("./")) return [];
  const { runs } = readYaml(path.join(example, uses, "action.yml")) as { runs: { steps: readonly Step[] } };
  return runs.steps.flatMap((step) => commandsOf(step, example));
}

/** Evaluates an expression to a string, with GitHub's own implementation. */
function evaluate(expression: string, { github, vars, secrets }: GitHubEvent): string {
  const contexts = JSON.parse(JSON.stringify({ github, vars, secrets }), data.reviver) as data.Dictionary;
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, ["github", "vars", "secrets"], []).parse();
  return new Evaluator(parsed, contexts).evaluate().coerceString();
}

const interpolate = (text: string, event: GitHubEvent) =>
  text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => evaluate(expression, event));

const readYaml = (file: string): unknown => parse(readFileSync(path.join(ROOT, file), "utf8"));
