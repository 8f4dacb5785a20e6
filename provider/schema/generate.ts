import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { generatedFiles } from "./files";

/** Writes every generated file; with `--check`, only tells which are stale, and exits with 1 if any is. */
async function main(): Promise<void> {
  const isCheck = process.argv.includes("--check");
  for (const [name, render] of Object.entries(generatedFiles)) {
    const file = path.resolve(name);
    const text = await render();
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    console.log(`${name}: ${isCheck ? "stale, run `npm run generate`" : "written"}`);
    if (isCheck) process.exitCode = 1;
    else writeFileSync(file, text);
  }
}

void main();
