import { existsSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import path from "node:path";
import { CLI_VERSION, cacheFolder } from "../engine/engine";
import { ROOT } from "../root";
import { mustRun } from "../workspace";

/** What an engine that was built from Go modules lacks: official installs bring a language host for each language. */
const BUILT = ["nodejs", "python", "go", "java"] as const;

/**
 * Provides the language hosts that generate SDKs, for an engine that has none: builds them with Go the first time, which takes
 * a minute or two and is kept. Returns the folders to put on PATH, before the engine's own.
 */
export async function provideGenerators(engine: readonly string[]): Promise<string[]> {
  const hasPython = engine.some((folder) => existsSync(path.join(folder, "pulumi-language-python")));
  if (hasPython) return [];
  const folder = path.join(cacheFolder(), `generators-${CLI_VERSION}-${process.platform}-${process.arch}`);
  const program = path.join(folder, "pulumi-language-generator");
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const made = `${program}-${process.pid}`;
    const source = path.join(ROOT, "tools/release/generators");
    await mustRun("go", ["build", "-buildvcs=false", "-ldflags", "-s -w", "-o", made, "."], source);
    renameSync(made, program);
  }
  for (const language of BUILT) {
    const link = path.join(folder, `pulumi-language-${language}`);
    if (!existsSync(link)) symlinkSync(path.basename(program), link);
  }
  return [folder];
}
