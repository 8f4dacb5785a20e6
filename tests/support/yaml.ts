import { readFileSync } from "node:fs";
import path from "node:path";
import { loadAll } from "js-yaml";
import { ROOT } from "../../tools/root";

/** The documents of a YAML file of the checkout, shaped as the caller knows it to be. */
export function readYaml<Shape>(file: string): Shape[] {
  return loadAll(readFileSync(path.join(ROOT, file), "utf8")) as Shape[];
}
