// npm runs this before and after it packs (`prepack`, `postpack`); the build comes first, since npm does not
// find `prepare` in what this leaves. A package must not carry the checkout's scripts and development
// dependencies: `pulumi package add <folder>` runs `npm install` in the package's folder, which would install
// hundreds of packages that the plugin does not need. Plain JavaScript: a packed folder has no compiler.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const MANIFEST = "package.json";
/** npm packs no file of this ending. */
const ORIGINAL = "package.json.orig";

const restore = () => {
  if (existsSync(ORIGINAL)) renameSync(ORIGINAL, MANIFEST);
};

const strip = () => {
  // Left by a run that was cut off.
  restore();
  const text = readFileSync(MANIFEST, "utf8");
  const { scripts, devDependencies, ...packed } = JSON.parse(text);
  writeFileSync(ORIGINAL, text);
  writeFileSync(MANIFEST, `${JSON.stringify(packed, undefined, 2)}\n`);
};

({ strip, restore })[process.argv[2]]();
