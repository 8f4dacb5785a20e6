/** A box: its column, its row, or `undefined` where it stands beside both rows, and its lines; the first is bold. */
type Box = readonly [column: number, row: 0 | 1 | undefined, ...lines: string[]];

const boxes = {
  program: [0, 0, "program", "TypeScript"],
  others: [0, 1, "program", "YAML, Python, Go"],
  sdk: [1, 0, "sdk", "new Server(…)"],
  engine: [2, undefined, "Pulumi engine", "plans, orders,", "keeps the state"],
  dynamic: [3, 0, "hosts/dynamic", "dynamic provider"],
  plugin: [3, 1, "hosts/plugin", "gRPC plugin"],
  lifecycle: [4, undefined, "lifecycle", "check, diff, create,", "read, update,", "delete"],
  client: [5, undefined, "client", "transport, retries,", "access token"],
  api: [6, 0, "Postject API", "your account"],
  reference: [6, 1, "reference API", "needs no account"],
} as const satisfies Readonly<Record<string, Box>>;

type BoxName = keyof typeof boxes;

const arrows: readonly (readonly [BoxName, BoxName])[] = [
  ["program", "sdk"],
  ["others", "engine"],
  ["sdk", "engine"],
  ["engine", "dynamic"],
  ["engine", "plugin"],
  ["dynamic", "lifecycle"],
  ["plugin", "lifecycle"],
  ["lifecycle", "client"],
  ["client", "api"],
  ["client", "reference"],
];

/** What stands below the boxes, and which of them are derived from it. */
const base = {
  from: 3,
  to: 6,
  lines: ["spec", "what Postject is, said once: fields, routes, errors, configuration"],
};
const derived: readonly BoxName[] = ["plugin", "lifecycle", "client", "reference"];

const BOX = { width: 144, height: 58 };
const GAP = { x: 20, y: 26 };
const MARGIN = 20;

const STYLE = `
  text { font: 14px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; text-anchor: middle; fill: #57606a }
  .title { font-weight: 600; font-size: 15px; fill: #1f2328 }
  .paper { fill: #ffffff; stroke: #d0d7de }
  .box { fill: #f6f8fa; stroke: #8c959f }
  .ours { fill: #ddf4ff; stroke: #218bff }
  .line { stroke: #57606a; stroke-width: 1.5; fill: none }
  .derived { stroke: #218bff; stroke-dasharray: 3 3 }
  .head { fill: #57606a }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 }
    .title { fill: #f0f6fc }
    .paper { fill: #0d1117; stroke: #3d444d }
    .box { fill: #151b23; stroke: #656c76 }
    .ours { fill: #121d2f; stroke: #1f6feb }
    .line { stroke: #9198a1 }
    .derived { stroke: #388bfd }
    .head { fill: #9198a1 }
  }`;

/** `docs/data-flow.svg`: the way of data from a program to the API. */
export function renderDataFlow(): string {
  const width = 2 * MARGIN + 7 * BOX.width + 6 * GAP.x;
  const height = 2 * MARGIN + 3 * BOX.height + 2 * GAP.y;
  const [title = "", detail = ""] = base.lines;
  const bar = { x: leftOf(base.from), y: topOf(2), width: leftOf(base.to) + BOX.width - leftOf(base.from) };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">How data flows: program, SDK, Pulumi engine, hosts, lifecycle, client, Postject API or reference API</title>
<style>${STYLE}
</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>
<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${arrows.map(renderArrow).join("\n")}
${derived.map((name) => renderDerived(name, bar.y)).join("\n")}
${(Object.keys(boxes) as BoxName[]).map(renderBox).join("\n")}
<rect class="ours" x="${bar.x}" y="${bar.y}" width="${bar.width}" height="${BOX.height}" rx="6"/>
${renderLines([title, detail], bar.x + bar.width / 2, bar.y + BOX.height / 2)}
</svg>
`;
}

function renderBox(name: BoxName): string {
  const [column, row, ...lines] = boxes[name];
  const { top, height } = extentOf(row);
  const isOurs = !["program", "others", "engine", "api"].includes(name);
  return `<rect class="${isOurs ? "ours" : "box"}" x="${leftOf(column)}" y="${top}" width="${BOX.width}" height="${height}" rx="6"/>
${renderLines(lines, leftOf(column) + BOX.width / 2, top + height / 2)}`;
}

function renderLines(lines: readonly string[], x: number, middle: number): string {
  return lines
    .map((line, index) => {
      const y = middle + 5 + (index - (lines.length - 1) / 2) * 19;
      return `<text${index === 0 ? ' class="title"' : ""} x="${x}" y="${y}">${line}</text>`;
    })
    .join("\n");
}

/** Straight from side to side, at the height of the one that stands in a row. */
function renderArrow([from, to]: readonly [BoxName, BoxName]): string {
  const { top, height } = extentOf(boxes[from][1] ?? boxes[to][1]);
  const y = top + height / 2;
  return `<path class="line" marker-end="url(#arrow)" d="M${leftOf(boxes[from][0]) + BOX.width} ${y}H${leftOf(boxes[to][0]) - 2}"/>`;
}

function renderDerived(name: BoxName, y: number): string {
  return `<path class="line derived" d="M${leftOf(boxes[name][0]) + BOX.width / 2} ${topOf(1) + BOX.height}V${y}"/>`;
}

const leftOf = (column: number) => MARGIN + column * (BOX.width + GAP.x);
const topOf = (row: number) => MARGIN + row * (BOX.height + GAP.y);

function extentOf(row: number | undefined): { top: number; height: number } {
  return row === undefined
    ? { top: topOf(0), height: 2 * BOX.height + GAP.y }
    : { top: topOf(row), height: BOX.height };
}
