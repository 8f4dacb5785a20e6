import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { renderDataFlow } from "../../tools/pictures/data-flow";
import { renderTerminal } from "../../tools/pictures/terminal";
import { ROOT } from "../../tools/root";

const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const pictures = ["docs/data-flow.svg", "docs/demo.svg"];

test("the drawing of the data flow is what its description draws, and its parts are folders", () => {
  expect(read("docs/data-flow.svg")).toBe(renderDataFlow());
  const parts = [...renderDataFlow().matchAll(/class="title"[^>]*>([a-z/]+)</g)].map(([, part = ""]) => part);
  const folders = parts.filter((part) => part !== "program");
  expect(folders).toEqual(expect.arrayContaining(["sdk", "hosts/dynamic", "lifecycle", "client", "spec"]));
  expect(
    folders.filter((part) => !["", "provider"].some((top) => existsSync(path.join(ROOT, top, part)))),
  ).toEqual([]);
});

test("the picture of the demo shows the steps that the demo has", () => {
  const titles = [...read("tools/demo.ts").matchAll(/^\s+title: "(.+)",$/gm)].map(([, title = ""]) => title);
  const shown = [...read("docs/demo.svg").matchAll(/>\d {2}(\S.*?) {2}/g)].map(([, title]) => title);
  expect(shown).toEqual(titles);
});

test.each(pictures)("%s is small and needs nothing from elsewhere", (file) => {
  const text = read(file);
  expect(Buffer.byteLength(text)).toBeLessThan(60_000);
  expect(text.match(/(href|src)=|@import|url\((?!#)/g)).toBeNull();
});

test("what a terminal prints is no markup in its picture", () => {
  expect(renderTerminal("a & b", ["<token> & more"])).toContain(">&lt;token&gt; &amp; more</text>");
});
