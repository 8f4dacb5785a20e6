/** How a part of a line looks; the first pattern that fits from where the line stands wins. */
const looks: readonly (readonly [pattern: RegExp, look: string])[] = [
  [/^━━ .*/, "heading"],
  [/^\$ .*/, "command"],
  [/^ {3}(?=[A-Z]).*/, "faint"],
  [/^ +\+(?= )/, "good"],
  [/\bok$/, "good"],
  [/refused, as it should be$/, "good"],
  [/\berror:/, "bad"],
  [/\[secret\]/, "secret"],
  [/\[deletion-protected\]/, "secret"],
  [/^…$/, "faint"],
];

const CELL = { width: 7.8, height: 18 };
const MARGIN = 18;
const TITLE_BAR = 30;

/** A terminal is dark on any page. */
const STYLE = `
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e6edf3; white-space: pre }
  .screen { fill: #0d1117; stroke: #3d444d }
  .heading { fill: #79c0ff; font-weight: 600 }
  .command { fill: #ffffff; font-weight: 600 }
  .faint { fill: #9198a1 }
  .good { fill: #56d364 }
  .bad { fill: #ff7b72 }
  .secret { fill: #e3b341 }`;

/** Draws lines of text as a terminal shows them. */
export function renderTerminal(title: string, lines: readonly string[]): string {
  const columns = Math.max(...lines.map((line) => line.length));
  const width = Math.ceil(2 * MARGIN + columns * CELL.width);
  const height = TITLE_BAR + MARGIN + lines.length * CELL.height;
  const lights = ["#ff5f57", "#febc2e", "#28c840"].map(
    (colour, index) => `<circle cx="${MARGIN + 4 + 20 * index}" cy="18" r="6" fill="${colour}"/>`,
  );
  const rows = lines.map((line, index) => renderLine(line, TITLE_BAR + MARGIN + index * CELL.height));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">${escapeXml(title)}</title>
<style>${STYLE}
</style>
<rect class="screen" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${lights.join("\n")}
${rows.filter((row) => row !== "").join("\n")}
</svg>
`;
}

/** Stretched to its width in cells, so that columns stay in line whatever font the reader has. */
function renderLine(line: string, y: number): string {
  const text = line.trimEnd();
  if (text === "") return "";
  const indent = text.length - text.trimStart().length;
  const length = ((text.length - indent) * CELL.width).toFixed(1);
  const x = (MARGIN + indent * CELL.width).toFixed(1);
  return `<text x="${x}" y="${y}" textLength="${length}">${renderSpans(text).trimStart()}</text>`;
}

function renderSpans(text: string): string {
  for (const [pattern, look] of looks) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const [before, after] = [text.slice(0, match.index), text.slice(match.index + match[0].length)];
    const shown = before.trim() === "" ? match[0].trimStart() : match[0];
    return `${escapeXml(before)}<tspan class="${look}">${escapeXml(shown)}</tspan>${escapeXml(after)}`;
  }
  return escapeXml(text);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
