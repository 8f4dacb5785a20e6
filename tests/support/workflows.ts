import { readFileSync } from "node:fs";
import path from "node:path";
import { load } from "js-yaml";
import { ROOT } from "../../tools/root";

interface Workflow {
  readonly permissions?: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: unknown; readonly steps?: readonly Step[] }>
  >;
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};

/** Whether a line of shell names an npm script that there is not. */
export function missingScripts(shell: string): string[] {
  const named = [...shell.matchAll(/\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(test|start)\b)/g)];
  return named.map(([, run, alias]) => run ?? alias ?? "").filter((name) => !(name in scripts));
}

/** What is wrong with a GitHub Actions workflow, a sentence each. Throws if it is not YAML. */
export function lintWorkflow(text: string): string[] {
  const workflow = load(text) as Workflow;
  if (typeof workflow?.jobs !== "object") return ["it has no jobs"];
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);
  const unpinned = [...text.matchAll(/^.*\buses: *(?!\.\/)(.*)$/gm)]
    .map(([, used = ""]) => used)
    .filter((used) => !/^[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){0,2}$/.test(used));
  const keepsCredentials = steps.some(
    (step) => step.uses?.startsWith("actions/checkout@") && step.with?.["persist-credentials"] !== false,
  );
  const runs = steps.flatMap((step) => step.run ?? []);
  return [
    ...(workflow.permissions === undefined ? ["it takes whatever permissions the repository gives"] : []),
    ...unpinned.map((used) => `"${used}" is not pinned to a commit, with the version in a comment`),
    ...(keepsCredentials ? ["a checkout leaves its credentials in the workspace"] : []),
    ...runs.flatMap(missingScripts).map((name) => `package.json has no script "${name}"`),
    // What an expression gives becomes part of the command: a branch name could hold one.
    ...runs.filter((run) => run.includes("${{")).map((run) => `an expression stands in a command: ${run}`),
  ];
}
