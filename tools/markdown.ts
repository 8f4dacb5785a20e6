import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./root";

/** A table; its first row is the head. */
export function toTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Replaces the part of a page that a command writes, between two comments; the rest is written by hand. */
export function writeSection(page: string, command: string, text: string): void {
  const file = path.join(ROOT, page);
  const whole = readFileSync(file, "utf8");
  const begin = `<!-- written by \`${command}\` -->\n`;
  const start = whole.indexOf(begin) + begin.length;
  const end = whole.indexOf("\n<!-- /written -->", start);
  if (!whole.includes(begin) || end === -1)
    throw new Error(`${page} has no place for what \`${command}\` writes`);
  writeFileSync(file, whole.slice(0, start) + text + whole.slice(end));
}
