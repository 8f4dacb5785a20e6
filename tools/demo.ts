import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { styleText } from "node:util";
import { type Reference, startReference } from "../provider/reference";
import { provideEngine } from "./engine/engine";
import { type CommandResult, createWorkspace, type Workspace } from "./workspace";

interface Step {
  readonly title: string;
  /** What the step shows, in one line. */
  readonly shows: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Part of the message that the step must fail with, if it shows a refusal. */
  readonly refusedWith?: string;
  /** The requests that the step sends, by method, and the number of servers afterwards. */
  readonly sends: string;
  readonly servers: number;
  readonly before?: () => void | Promise<void>;
  /** Throws unless the step did what it shows. */
  readonly check?: (result: CommandResult) => void;
}

const NEXT = `Next:
  Create a project of your own: "Your first server" in README.md
  Start the reference API:      npm run reference
  Look at more programs:        examples/`;

// Plain where stdout is not a terminal, and where NO_COLOR is set.
const heading = (text: string) => styleText("bold", text);
const dim = (text: string) => styleText("dim", text);

/** Runs the quickstart with the real engine against the reference API, step by step. */
async function main(): Promise<void> {
  console.log(
    `${heading("pulumi-postject demo")}: the quickstart example on the real Pulumi engine, against the reference API\n`,
  );
  const engine = await provideEngine((line) => console.log(line));
  const reference = await startReference();
  const workspace = createWorkspace({
    example: "examples/quickstart",
    engine,
    env: { POSTJECT_ENDPOINT: reference.url, POSTJECT_ACCESS_TOKEN: reference.accessToken },
  });
  const rows: string[][] = [];
  try {
    await workspace.mustPulumi(["stack", "init", "demo"]);
    for (const [index, step] of steps(reference, workspace).entries()) {
      console.log(`\n${heading(`━━ ${index + 1}. ${step.title}`)}\n   ${step.shows}\n`);
      rows.push([String(index + 1), step.title, ...(await runStep(step, reference, workspace))]);
    }
  } finally {
    workspace.remove();
    await reference.stop();
  }
  console.log(`\n${heading("━━ Summary")}\n`);
  printTable([["", "step", "requests sent", "servers after", "result", "time"], ...rows]);
  console.log(`\n${NEXT}`);
}

function steps(reference: Reference, workspace: Workspace): Step[] {
  const program = path.join(workspace.folder, "index.ts");
  const rename = (from: string, to: string) =>
    writeFileSync(program, readFileSync(program, "utf8").replace(from, to));
  const firstServer = () => {
    const [first] = reference.servers();
    if (first === undefined) throw new Error("there are no servers");
    return first;
  };
  return [
    {
      title: "preview",
      sends: "none",
      servers: 0,
      shows: "Shows what would be created, and sends nothing.",
      args: ["preview"],
    },
    {
      title: "up",
      sends: "1 GET, 1 POST",
      servers: 1,
      shows: "Creates the server. The GET makes sure that its name is not taken.",
      args: ["up", "--yes", "--skip-preview"],
    },
    {
      title: "stack output",
      sends: "none",
      servers: 1,
      shows: "The server token is a secret, although the program does not say so.",
      args: ["stack", "output"],
      check: ({ stdout }) => {
        if (stdout.includes(firstServer().token)) throw new Error("the token is shown");
      },
    },
    {
      title: "up again",
      sends: "none",
      servers: 1,
      shows: "Nothing has changed, so nothing is sent.",
      args: ["up", "--yes", "--skip-preview"],
    },
    {
      title: "refresh after a delete outside Pulumi",
      sends: "2 GET",
      servers: 0,
      shows:
        "Somebody deletes the server by hand. The refresh proves that it is gone, and removes it from the state.",
      args: ["refresh", "--yes", "--skip-preview"],
      before: async () => {
        await fetch(`${reference.url}/v1/servers/${firstServer().id}`, {
          method: "DELETE",
          headers: { authorization: `Bearer ${reference.accessToken}` },
        });
        // So soon after its creation a server does not count as gone yet, and a demo should not wait.
        reference.clock.advance(60_000);
      },
    },
    {
      title: "up",
      sends: "1 GET, 1 POST",
      servers: 1,
      shows: "Recreates the missing server.",
      args: ["up", "--yes", "--skip-preview"],
    },
    {
      title: "preview of a rename",
      sends: "none",
      servers: 1,
      shows:
        "Postject cannot rename a server, so this would delete it and create another. Refused at preview.",
      args: ["preview"],
      refusedWith: "[deletion-protected]",
      before: () => rename("Quickstart App", "Renamed App"),
    },
    {
      title: "destroy, protected",
      sends: "none",
      servers: 1,
      shows: "Deletion protection is on by default.",
      args: ["destroy", "--yes", "--skip-preview"],
      refusedWith: "[deletion-protected]",
      before: () => rename("Renamed App", "Quickstart App"),
    },
    {
      title: "destroy, allowed for one run",
      sends: "1 DELETE",
      servers: 0,
      shows: "POSTJECT_DELETION_PROTECTION=false lifts it for servers that do not set it themselves.",
      args: ["destroy", "--yes", "--skip-preview"],
      env: { POSTJECT_DELETION_PROTECTION: "false" },
    },
  ];
}

async function runStep(step: Step, reference: Reference, workspace: Workspace): Promise<string[]> {
  await step.before?.();
  const sentBefore = reference.requests().length;
  const variables = Object.entries(step.env ?? {}).map(([key, value]) => `${key}=${value} `);
  console.log(styleText("cyan", `$ ${variables.join("")}pulumi ${step.args.join(" ")}`));
  const startedAt = performance.now();
  const result = await workspace.pulumi(
    [...step.args, ...(step.args[0] === "stack" ? [] : ["--suppress-progress"])],
    step.env,
  );
  const time = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  const printed = result.stdout + result.stderr;
  console.log(`${printed.trim().replace(/^/gm, "  ")}\n  ${dim(time)}`);
  const isRefused = result.exitCode !== 0;
  if (isRefused !== (step.refusedWith !== undefined) || !printed.includes(step.refusedWith ?? "")) {
    throw new Error(`"${step.title}" did not end as it should (exit code ${result.exitCode})`);
  }
  step.check?.(result);
  const sent = reference
    .requests()
    .slice(sentBefore)
    .filter(({ userAgent }) => userAgent?.startsWith("pulumi-postject/"));
  const methods = [...new Set(sent.map(({ method }) => method))].toSorted();
  const sends =
    methods
      .map((method) => `${sent.filter((request) => request.method === method).length} ${method}`)
      .join(", ") || "none";
  const servers = reference.servers().length;
  if (sends !== step.sends || servers !== step.servers) {
    throw new Error(
      `"${step.title}" sent ${sends} and left ${servers} servers, not ${step.sends} and ${step.servers}`,
    );
  }
  return [sends, String(servers), isRefused ? "refused, as it should be" : "ok", time];
}

function printTable(rows: readonly string[][]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows)
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

main().catch((error: Error) => {
  console.error(`\nThe demo failed: ${error.message}`);
  process.exit(1);
});
