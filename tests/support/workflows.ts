import { readdirSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { ROOT } from "../../tools/root";

interface Workflow {
  readonly permissions?: unknown;
  readonly jobs?: Readonly<Record<string, { readonly steps?: readonly Step[] }>>;
  /** The steps of a composite action, which has no jobs. */
  readonly runs?: { readonly steps?: readonly Step[] };
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** Problems of a GitHub Actions workflow or composite action, one sentence each. Throws if it is not YAML. */
export function lintWorkflow(text: string): string[] {
  const { permissions, runs: action } = parse(text) as Workflow;
  const steps = stepsOf(text);
  const unpinned = [...text.matchAll(/^.*\buses: +(?!\.\/)(\S.*)$/gm)]
    .map(([, used = ""]) => used)
    .filter((used) => !/^[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){0,2}$/.test(used));
  const keepsCredentials = steps.some(
    (step) => step.uses?.startsWith("actions/checkout@") && step.with?.["persist-credentials"] !== false,
  );
  return [
    ...(permissions === undefined && action === undefined
      ? ["it gets whatever permissions the repository grants by default"]
      : []),
    ...unpinned.map((used) => `"${used}" is not pinned to a commit, with the version in a comment`),
    ...(keepsCredentials ? ["a checkout leaves its credentials in the workspace"] : []),
    // The value of an expression becomes part of the command, and a branch name could contain one.
    ...commandsOf(text)
      .filter((run) => run.includes("${{"))
      .map((run) => `a command contains an expression: ${run}`),
  ];
}

/** The commands of a workflow or an action. */
export function commandsOf(text: string): string[] {
  return stepsOf(text).flatMap((step) => step.run ?? []);
}

function stepsOf(text: string): Step[] {
  const { jobs = {}, runs: action } = parse(text) as Workflow;
  return [...Object.values(jobs), action].flatMap((job) => job?.steps ?? []);
}

/** All workflows and actions of the checkout and its examples. */
export function findWorkflows(): string[] {
  return [".github", "examples"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((file) => path.posix.join(folder, file))
      .filter(
        (file) =>
          /\.github\/(workflows\/[^/]+|actions\/.*\/action)\.ya?ml$/.test(file) &&
          !file.includes("node_modules"),
      ),
  );
}
