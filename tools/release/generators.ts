import { existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import { CLI_VERSION, cacheFolder, goEnv } from "../engine/engine";
import { ROOT } from "../root";
import { mustRun } from "../workspace";

const SOURCE = path.join(ROOT, "tools/release/generators");

/** The languages that the program in SOURCE generates. */
const LANGUAGES = ["nodejs", "python", "go", "java"];

/**
 * Provides the language hosts that generate code, for an engine without them: official installs bring one for
 * each language, an engine that was built from Go modules does not. Builds them with Go the first time, which
 * takes up to two minutes, and keeps them. Returns the folders to put on PATH, before the engine's own.
 */
export async function provideGenerators(engine: readonly string[]): Promise<string[]> {
  const folders = [...engine, ...(process.env.PATH ?? "").split(path.delimiter)];
  if (folders.some((folder) => existsSync(path.join(folder, "pulumi-language-python")))) return [];
  const cached = path.join(cacheFolder(), `generators-${CLI_VERSION}-${process.platform}-${process.arch}`);
  const program = path.join(cached, "generator");
  if (!isNewer(program, path.join(SOURCE, "main.go"))) {
    mkdirSync(cached, { recursive: true });
    const made = `${program}-${process.pid}`;
    const caches = `${made}-go`;
    const args = ["build", "-buildvcs=false", "-ldflags", "-s -w", "-o", made, "."];
    await mustRun("go", args, SOURCE, goEnv(caches));
    rmSync(caches, { recursive: true, force: true });
    renameSync(made, program);
  }
  for (const language of LANGUAGES) {
    const link = path.join(cached, `pulumi-language-${language}`);
    if (!existsSync(link)) symlinkSync("generator", link);
  }
  return [cached];
}

function isNewer(file: string, source: string): boolean {
  return existsSync(file) && statSync(file).mtimeMs >= statSync(source).mtimeMs;
}
