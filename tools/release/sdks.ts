import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { examples } from "../../provider/schema/examples";
import { VERSION } from "../../provider/spec";
import { provideEngine } from "../engine/engine";
import { ROOT } from "../root";
import { isolatedEnv, mustRun } from "../workspace";
import { type CompiledSdk, compileGo, compileJava, compilePython, compileTypeScript } from "./compile";
import { provideGenerators } from "./generators";

interface Language {
  /** Proves that the SDK and the programs of docs/examples compile. */
  readonly compile?: (sdk: CompiledSdk) => Promise<void>;
  /** Makes what users install, in a folder, and resolves to its path. If left out, the source is archived. */
  readonly pack?: (source: string, folder: string) => Promise<string>;
}

/** Every language that Pulumi generates SDKs for. */
const languages = {
  nodejs: { compile: compileTypeScript, pack: packForNpm },
  python: { compile: compilePython, pack: packForPip },
  go: { compile: compileGo },
  java: { compile: compileJava },
  dotnet: {},
} as const satisfies Readonly<Record<string, Language>>;

export type SdkLanguage = keyof typeof languages;

/** Generates an SDK with the engine's generator, compiles and packs it. Resolves to the package's path. */
export async function makeSdk(language: SdkLanguage, folder: string): Promise<string> {
  const { compile, pack }: Language = languages[language];
  const engine = await provideEngine((line) => console.error(line));
  const home = mkdtempSync(path.join(tmpdir(), "pulumi-postject-sdk-"));
  const source = path.join(home, language);
  try {
    const env = isolatedEnv(home, [...(await provideGenerators(engine)), ...engine]);
    const args = ["package", "gen-sdk", path.join(ROOT, "sdk/schema.json"), "--language", language];
    await mustRun("pulumi", [...args, "--out", home], home, env);
    checkExamples(source);
    cpSync(path.join(ROOT, "LICENSE"), path.join(source, "LICENSE"));
    await compile?.({ source, home, env });
    mkdirSync(folder, { recursive: true });
    if (pack !== undefined) return await pack(source, folder);
    const archive = path.join(folder, `pulumi-postject-sdk-${language}-v${VERSION}.tar.gz`);
    await mustRun("tar", ["-czf", archive, "-C", home, language], home);
    return archive;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A generator silently leaves out an example that has no program in its language. */
function checkExamples(source: string): void {
  const text = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), "utf8"))
    .join("\n");
  const missing = Object.values(examples).filter(({ title }) => !text.includes(title));
  if (missing.length > 0) throw new Error(`it lacks the example "${missing[0]?.title}"`);
}

/** Makes all SDKs. If any fail, rejects at the end with what was made and why the others were not. */
export async function makeSdks(folder: string): Promise<string[]> {
  const made: string[] = [];
  const problems: string[] = [];
  for (const language of Object.keys(languages) as SdkLanguage[]) {
    try {
      made.push(await makeSdk(language, folder));
    } catch (error) {
      problems.push(`${language}: ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new Error([...made, ...problems].join("\n"));
  return made;
}

async function packForNpm(source: string, folder: string): Promise<string> {
  for (const file of ["package.json", "README.md", "LICENSE"])
    cpSync(path.join(source, file), path.join(source, "bin", file));
  const args = ["pack", "./bin", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(await mustRun("npm", args, source)) as [{ filename: string }];
  return path.join(folder, filename);
}

async function packForPip(source: string, folder: string): Promise<string> {
  // The page on PyPI shows it.
  cpSync(path.join(source, "pulumi_postject/README.md"), path.join(source, "README.md"));
  const made = path.join(source, "../wheel");
  const args = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", made, "."];
  await mustRun("python3", args, source);
  const [wheel = ""] = readdirSync(made);
  cpSync(path.join(made, wheel), path.join(folder, wheel));
  return path.join(folder, wheel);
}
