import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { forEachChild, type ParsedScript, parse, type SyntaxNode } from "unbash";
import { ROOT } from "../../tools/root";

const run = promisify(execFile);

const { bin, scripts } = readManifest(".");

/** Other commands, of which only the names are checked, against typos. */
const OTHERS =
  `. [ brew cat cd chmod cmp cp curl date diff docker dotnet echo env eval exit export find gh git go grep head helm
  Invoke-Expression jq kill kubectl ls mkdir mv node openssl pip pnpm printf python python3 read rm sed set sleep
  sort source tail tar tee test touch tr trap true umask uniq wait wc xargs yarn`.split(/\s+/);

/** Problems of the commands in a shell text, one sentence each. `page` tells whose scripts `npm run` runs. */
export async function checkShell(text: string, page: string): Promise<string[]> {
  const problems: string[] = [];
  for (const words of readCommands(text)) {
    const [command = "", ...args] = words;
    const problem = await checkCommand(command, args, page);
    if (problem !== undefined) problems.push(`\`${words.join(" ")}\`: ${problem}`);
  }
  return problems;
}

async function checkCommand(command: string, args: string[], page: string): Promise<string | undefined> {
  if (command === "pulumi") return checkByHelp("pulumi", [], args);
  if (command === "npm") return checkNpm(args, page);
  const isNpx = command === "npx";
  const program = isNpx ? args.find((word) => !word.startsWith("-")) : command;
  const file = bin[program ?? ""];
  if (program !== undefined && file !== undefined) {
    if (!existsSync(path.join(ROOT, file))) return `${file} is not built`;
    return checkByHelp(
      process.execPath,
      [path.join(ROOT, file)],
      isNpx ? args.slice(args.indexOf(program) + 1) : args,
    );
  }
  if (isNpx)
    return existsSync(path.join(ROOT, "node_modules/.bin", program ?? "")) ? undefined : "no such package";
  if (command === "cd")
    return args[0]?.startsWith("examples/") && !existsSync(path.join(ROOT, args[0]))
      ? "no such folder"
      : undefined;
  return OTHERS.includes(command) || command.startsWith("./") ? undefined : "unknown command";
}

function checkNpm(args: string[], page: string): string | undefined {
  const [verb = "", ...rest] = args;
  if (!["run", "test", "start"].includes(verb)) return undefined;
  const name = verb === "run" ? (rest.find((word) => !word.startsWith("-")) ?? "") : verb;
  const folder = path.dirname(page);
  const own = existsSync(path.join(ROOT, folder, "package.json")) ? readManifest(folder).scripts : scripts;
  return name in own || name in scripts ? undefined : `package.json has no script "${name}"`;
}

/** Follows the words to a command by the program's own help, and looks its options up there. */
async function checkByHelp(program: string, base: string[], args: string[]): Promise<string | undefined> {
  const options: string[] = [];
  let command = base;
  let help = await readHelp(program, command);
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    if (word === "--") break;
    // A single dash is standard input.
    if (/^-./.test(word)) {
      // `-v=9` and `-v9` contain their values.
      const name = word.startsWith("--") ? (word.split("=")[0] ?? "") : word.slice(0, 2);
      options.push(name);
      if (name === word && help.options.get(name)?.takesValue) index++;
    } else if (help.hasCommands) {
      // For an unknown command, a program fails or shows the help of the command above.
      const below = await readHelp(program, [...command, word]).catch(() => help);
      if (below.usage === help.usage)
        return help.takesArguments ? undefined : `there is no command "${word}"`;
      command = [...command, word];
      help = below;
    }
  }
  const unknown = options.filter((name) => !help.options.has(name));
  return unknown.length === 0 ? undefined : `it has no option ${unknown.join(", ")}`;
}

interface Help {
  /** The first line of usage. */
  readonly usage: string;
  readonly hasCommands: boolean;
  readonly takesArguments: boolean;
  readonly options: ReadonlyMap<string, { takesValue: boolean }>;
}

const helps = new Map<string, Promise<Help>>();

function readHelp(program: string, words: string[]): Promise<Help> {
  const key = [program, ...words].join(" ");
  const help = helps.get(key) ?? askForHelp(program, words);
  helps.set(key, help);
  return help;
}

async function askForHelp(program: string, words: string[]): Promise<Help> {
  const { stdout } = await run(program, [...words, "--help"], {
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" },
  });
  const usage = /Usage:\s*(.*)/.exec(stdout)?.[1] ?? "";
  const options = new Map<string, { takesValue: boolean }>();
  for (const [, short, long = "", value] of stdout.matchAll(
    /^ +(?:-(\w), )?--([\w-]+)(?: (<[^>]+>|\w+)(?=\s))?/gm,
  )) {
    for (const name of [`--${long}`, ...(short === undefined ? [] : [`-${short}`])])
      options.set(name, { takesValue: value !== undefined });
  }
  const hasCommands = /\[command\]|^(Available )?Commands:/m.test(stdout);
  return { usage, hasCommands, takesArguments: /<(?!command)/.test(usage), options };
}

/** Parses a shell text of a document, in which a placeholder such as `<access token>` stands for a word. */
export function parseShell(text: string): ParsedScript {
  const script = parse(text.replace(/<[a-zA-Z][^<>\n]*>/g, (place) => "X".repeat(place.length)));
  if (script.errors) throw new Error(`this is not shell: ${script.errors[0]?.message}\n${text}`);
  return script;
}

/**
 * Problems of a shell text that is pasted into a terminal. Unlike bash, zsh passes comments on as arguments
 * and fails if a pattern matches no file. In both, `!` recalls a command from the history, and commands after
 * a program that keeps running wait for it.
 */
export function pasteProblems(text: string): string[] {
  const problems: string[] = [];
  let outsideWords = text;
  const visit = (node: SyntaxNode) => {
    if (node.type === "Glob") problems.push(`\`${node.text}\` is an unquoted pattern`);
    if (node.type === "Word") {
      outsideWords =
        outsideWords.slice(0, node.pos) + " ".repeat(node.end - node.pos) + outsideWords.slice(node.end);
      if (node.text.replace(/'[^']*'/g, "").includes("!"))
        problems.push(`\`${node.text}\` contains an unquoted \`!\``);
    }
    forEachChild(node, visit);
  };
  const script = parseShell(text);
  visit(script);
  if (outsideWords.includes("#")) problems.push("it contains a comment");
  if (/[^&]&[^&>]/.test(outsideWords)) problems.push("it runs a command in the background");
  const reference = readCommands(text).findIndex((words) => /\bpostject-reference$/.test(words.join(" ")));
  if (reference !== -1 && reference < script.commands.length - 1)
    problems.push("commands follow the reference, which keeps running");
  return problems;
}

/** The simple commands of a text as lists of words without quotes, including those in substitutions. */
function readCommands(text: string): string[][] {
  const commands: string[][] = [];
  const visit = (node: SyntaxNode) => {
    if (node.type === "Command" && node.name !== undefined) {
      const words = node.suffix.filter((part) => part.type === "Word");
      commands.push([node.name, ...words].map(({ value }) => value));
    }
    forEachChild(node, visit);
  };
  visit(parseShell(text));
  return commands;
}

function readManifest(folder: string): Record<"bin" | "scripts", Readonly<Record<string, string>>> {
  const text = readFileSync(path.join(ROOT, folder, "package.json"), "utf8");
  return { bin: {}, scripts: {}, ...JSON.parse(text) };
}
