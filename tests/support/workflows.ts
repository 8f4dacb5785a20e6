import { load } from "js-yaml";
import { checkShell } from "./shell";

interface Workflow {
  readonly permissions?: unknown;
  readonly jobs?: Readonly<Record<string, { readonly steps?: readonly Step[] }>>;
  /** Of an action that is made of steps; it has no jobs. */
  readonly runs?: { readonly steps?: readonly Step[] };
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** What is wrong with a GitHub Actions workflow, or an action of a repository's own, a sentence each; `page` is the file it stands in. Throws if it is not YAML. */
export async function lintWorkflow(text: string, page: string): Promise<string[]> {
  const { permissions, jobs = {}, runs: action } = load(text) as Workflow;
  const steps = [...Object.values(jobs), action].flatMap((job) => job?.steps ?? []);
  const runs = steps.flatMap((step) => step.run ?? []);
  const unpinned = [...text.matchAll(/^.*\buses: +(?!\.\/)(\S.*)$/gm)]
    .map(([, used = ""]) => used)
    .filter((used) => !/^[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){0,2}$/.test(used));
  const keepsCredentials = steps.some(
    (step) => step.uses?.startsWith("actions/checkout@") && step.with?.["persist-credentials"] !== false,
  );
  return [
    ...(permissions === undefined && action === undefined
      ? ["it takes whatever permissions the repository gives"]
      : []),
    ...unpinned.map((used) => `"${used}" is not pinned to a commit, with the version in a comment`),
    ...(keepsCredentials ? ["a checkout leaves its credentials in the workspace"] : []),
    ...(await Promise.all(runs.map((run) => checkShell(run, page)))).flat(),
    // What an expression gives becomes part of the command: a branch name could hold one.
    ...runs.filter((run) => run.includes("${{")).map((run) => `an expression stands in a command: ${run}`),
  ];
}
