import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { provideEngine } from "../engine/engine";
import { ROOT } from "../root";
import { isolatedEnv, mustRun } from "../workspace";
import { provideGenerators } from "./generators";

/** An SDK as it was generated, and where its package goes. */
interface GeneratedSdk {
  readonly source: string;
  readonly folder: string;
  /** `pulumi-postject-sdk-go-v0.1.0`, for a package that is an archive of the source. */
  readonly archiveName: string;
}

/** Every language that Pulumi generates SDKs for, and how its users get packages. Each returns the file that it made. */
const pack = {
  nodejs: packForNpm,
  python: packForPip,
  go: packForGo,
  java: archive,
  dotnet: archive,
} as const satisfies Readonly<Record<string, (sdk: GeneratedSdk) => Promise<string>>>;

export type SdkLanguage = keyof typeof pack;

/** Generates an SDK with the engine's own generator. Returns the folder that it is in. */
export async function generateSdk(language: SdkLanguage, out: string): Promise<string> {
  const engine = await provideEngine((line) => console.error(line));
  const generators = await provideGenerators(engine);
  const env = isolatedEnv(out, [...generators, ...engine]);
  const args = ["package", "gen-sdk", path.join(ROOT, "sdk/schema.json"), "--language", language];
  await mustRun("pulumi", [...args, "--out", out], out, env);
  const source = path.join(out, language);
  cpSync(path.join(ROOT, "LICENSE"), path.join(source, "LICENSE"));
  return source;
}

/** Makes the package of one SDK in a folder, and returns its path. */
export async function makeSdk(language: SdkLanguage, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const home = mkdtempSync(path.join(tmpdir(), "pulumi-postject-sdk-"));
  try {
    const source = await generateSdk(language, home);
    const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
      version: string;
    };
    return await pack[language]({
      source,
      folder,
      archiveName: `pulumi-postject-sdk-${language}-v${version}.tar.gz`,
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Makes the packages of all SDKs, and rejects at the end if any could not be made: with what was made, and why not the others. */
export async function makeSdks(folder: string): Promise<string[]> {
  const languages = Object.keys(pack) as SdkLanguage[];
  const results: PromiseSettledResult<string>[] = [];
  for (const language of languages) results.push(...(await Promise.allSettled([makeSdk(language, folder)])));
  const problems = results.flatMap((result, index) =>
    result.status === "rejected" ? `${languages[index]}: ${(result.reason as Error).message}` : [],
  );
  const made = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  if (problems.length > 0) throw new Error([...made, ...problems].join("\n"));
  return made;
}

/** Compiled as Pulumi's own Node.js SDKs are: JavaScript and declarations beside package.json. */
async function packForNpm({ source, folder }: GeneratedSdk): Promise<string> {
  symlinkSync(path.join(ROOT, "node_modules"), path.join(source, "node_modules"), "junction");
  await mustRun(process.execPath, [path.join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."], source);
  for (const file of ["package.json", "README.md", "LICENSE"])
    cpSync(path.join(source, file), path.join(source, "bin", file));
  const args = ["pack", "./bin", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(await mustRun("npm", args, source)) as [{ filename: string }];
  return path.join(folder, filename);
}

async function packForPip({ source, folder }: GeneratedSdk): Promise<string> {
  const wheels = path.join(source, "dist");
  await mustRun(
    "python3",
    ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, "."],
    source,
  );
  const [wheel = ""] = readdirSync(wheels);
  cpSync(path.join(wheels, wheel), path.join(folder, wheel));
  return path.join(folder, wheel);
}

/** Source, once it has proven to compile. Go adds to the go.mod that it builds with, so that is a copy. */
async function packForGo(sdk: GeneratedSdk): Promise<string> {
  cpSync(path.join(sdk.source, "go.mod"), path.join(sdk.source, "../go.mod"));
  await mustRun("go", ["build", "-mod=mod", "-modfile=../go.mod", "./..."], sdk.source);
  return archive(sdk);
}

async function archive({ source, folder, archiveName }: GeneratedSdk): Promise<string> {
  const file = path.join(folder, archiveName);
  await mustRun("tar", ["-czf", file, "-C", source, "."], source);
  return file;
}
