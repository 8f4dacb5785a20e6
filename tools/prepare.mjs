// npm runs this (`prepare`) after it has installed the checkout's dependencies, and before it packs. Plain
// JavaScript, because it makes what the other tools run from.
import { existsSync, rmSync } from "node:fs";

// An install without development dependencies has no compiler, and needs no build.
if (existsSync("node_modules/typescript")) {
  rmSync("dist", { recursive: true, force: true });
  await import("./build.mjs");
}
