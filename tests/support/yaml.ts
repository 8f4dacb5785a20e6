import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../tools/root";

/** js-yaml comes with `@pulumi/pulumi`, without types. */
const parser: { loadAll(text: string): unknown[] } = require("js-yaml");

/** The documents of a YAML file of the checkout, shaped as the caller knows it to be. */
export function readYaml<Shape>(file: string): Shape[] {
  return parser.loadAll(readFileSync(path.join(ROOT, file), "utf8")) as Shape[];
}
