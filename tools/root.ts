import { existsSync } from "node:fs";
import path from "node:path";

/** The checkout, found from the source of this file as from its compiled form. */
export const ROOT = findUp(__dirname);

function findUp(folder: string): string {
  return existsSync(path.join(folder, "package.json")) ? folder : findUp(path.dirname(folder));
}
