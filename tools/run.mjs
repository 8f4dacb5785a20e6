// Makes the checkout ready to run, then runs one of its commands: `node tools/run.mjs tools/demo` runs
// dist/tools/demo.js.
import path from "node:path";
import { pathToFileURL } from "node:url";
import "./setup.mjs";

const [node, , command, ...args] = process.argv;
const file = path.resolve(`dist/${command}.js`);
process.argv = [node, file, ...args];
await import(pathToFileURL(file));
