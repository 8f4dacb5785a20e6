import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { generatedFiles } from "../../provider/schema/files";
import { ROOT } from "../../tools/root";

const { formatter } = JSON.parse(readFileSync(path.join(ROOT, "biome.json"), "utf8")) as {
  formatter: { lineWidth: number };
};

// The formatter wraps code, but not comments.
test("no comment line is longer than the formatter's width", () => {
  const files = ["provider", "sdk", "tools", "tests"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((name) => path.posix.join(folder, name.replaceAll(path.sep, "/")))
      .filter((file) => /\.(ts|mjs|js)$/.test(file) && !(file in generatedFiles)),
  );
  const long = files.flatMap((file) =>
    readFileSync(path.join(ROOT, file), "utf8")
      .split("\n")
      .filter((line) => /^\s*(\/\/|\/?\*)/.test(line) && line.length > formatter.lineWidth)
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(long).toEqual([]);
});
