import path from "node:path";
import { makeArchives } from "./archives";
import { makeSdks } from "./sdks";

/** What a release has besides the npm package, by the command that makes it. */
const commands: Readonly<Record<string, (folder: string) => readonly string[] | Promise<readonly string[]>>> =
  {
    archives: makeArchives,
    sdks: makeSdks,
  };

/** `main archives release` makes files in `release` and prints their names. */
async function main([command = "", folder = "release"]: readonly string[]): Promise<void> {
  const make = commands[command];
  if (make === undefined) throw new Error(`say what to make: ${Object.keys(commands).join(" or ")}`);
  for (const made of await make(path.resolve(folder))) console.log(path.relative("", made));
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
