import { type Form, forms, type Round } from "./engine";
import { quantile } from "./measure";

/** A line of a plot: its points by number of servers. */
interface Line {
  readonly form: Form;
  readonly points: readonly (readonly [servers: number, value: number])[];
}

const WIDTH = 760;
const HEIGHT = 300;
const PANEL = { top: 44, bottom: HEIGHT - 44, width: 270 } as const;

/** Of middling brightness, so that they can be read on white and on black. */
const colours: Readonly<Record<Form | "text", string>> = {
  dynamic: "#2f81f7",
  plugin: "#2da44e",
  peer: "#db6d28",
  text: "#7d8590",
};

/** Draws how time and state grow with the number of servers, as an SVG. */
export function plotGrowth(rounds: readonly Round[]): string {
  const lines = (value: (round: Round) => number): Line[] => forms.map((form) => toLine(form, rounds, value));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="${colours.text}">
<title>Time of pulumi up and bytes of state over the number of servers</title>
${drawPanel(
  50,
  "pulumi up, seconds",
  lines(({ upMs }) => upMs / 1000),
)}
${drawPanel(
  430,
  "state, MiB",
  lines(({ stateBytes, servers }) => (stateBytes * servers) / 1024 ** 2),
)}
</svg>
`;
}

function toLine(form: Form, rounds: readonly Round[], value: (round: Round) => number): Line {
  const own = rounds.filter((round) => round.form === form && !round.isSilent);
  const sizes = [...new Set(own.map(({ servers }) => servers))].toSorted((a, b) => a - b);
  return {
    form,
    points: sizes.map((servers) => [
      servers,
      quantile(own.filter((round) => round.servers === servers).map(value), 0.5),
    ]),
  };
}

function drawPanel(left: number, title: string, lines: readonly Line[]): string {
  const points = lines.flatMap(({ points }) => points);
  const most = Math.max(...points.map(([servers]) => servers));
  const step = niceStep(Math.max(...points.map(([, value]) => value)));
  const top = step * Math.ceil(Math.max(...points.map(([, value]) => value)) / step);
  const x = (servers: number) => (left + (servers / most) * PANEL.width).toFixed(1);
  const y = (value: number) => (PANEL.bottom - (value / top) * (PANEL.bottom - PANEL.top)).toFixed(1);
  const right = left + PANEL.width;
  const grid = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step).map(
    (value) =>
      `<path d="M${left} ${y(value)}H${right}" stroke="${colours.text}" stroke-opacity="0.25"/>` +
      `<text x="${left - 6}" y="${y(value)}" dy="4" text-anchor="end">${Number(value.toPrecision(3))}</text>`,
  );
  const sizes = [...new Set(points.map(([servers]) => servers))].map(
    (servers) => `<text x="${x(servers)}" y="${PANEL.bottom + 18}" text-anchor="middle">${servers}</text>`,
  );
  const drawn = lines.map(({ form, points }) => {
    const dots = points.map(
      ([at, of]) => `<circle cx="${x(at)}" cy="${y(of)}" r="3" fill="${colours[form]}"/>`,
    );
    const corners = points.map(([at, of]) => `${x(at)},${y(of)}`).join(" ");
    return `<polyline points="${corners}" fill="none" stroke="${colours[form]}" stroke-width="2"/>${dots.join("")}`;
  });
  let free = Number.NEGATIVE_INFINITY;
  const labels = lines
    .map(({ form, points }) => ({ form, at: Number(y(points.at(-1)?.[1] ?? 0)) }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ form, at }) => {
      // One below the other where lines end close together.
      free = Math.max(at, free + 14);
      return `<text x="${right + 8}" y="${free}" dy="4" fill="${colours[form]}">${form}</text>`;
    });
  return [
    `<text x="${left}" y="24" font-weight="600">${title}</text>`,
    ...grid,
    ...sizes,
    `<text x="${right}" y="${PANEL.bottom + 36}" text-anchor="end">servers</text>`,
    ...drawn,
    ...labels,
  ].join("\n");
}

/** A step of 1, 2 or 5 times a power of ten that makes at most five of them. */
function niceStep(top: number): number {
  const power = 10 ** Math.floor(Math.log10(top / 5));
  return power * ([1, 2, 5, 10].find((factor) => factor * power * 5 >= top) ?? 10);
}
