// Builds `dist`: compiles, and lays the files beside the reference that it serves as they are. Plain JavaScript, because it
// runs before anything is built.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const REFERENCE = "provider/reference";
const SWAGGER_UI = "node_modules/swagger-ui-dist";

const copies = [
  ...["page.html", "docs.html", "openapi.json"].map((file) => [path.join(REFERENCE, file), file]),
  ...["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE"].map(
    (file) => [path.join(SWAGGER_UI, file), path.join("swagger-ui", file)],
  ),
];

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const { status } = spawnSync(
  process.execPath,
  ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"],
  // stdout belongs to whatever command follows.
  { stdio: ["ignore", 2, 2] },
);
if (status !== 0) process.exit(status ?? 1);
for (const [from, to] of copies) {
  const target = path.join("dist", REFERENCE, to);
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(from, target);
}
