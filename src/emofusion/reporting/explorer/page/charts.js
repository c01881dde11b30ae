// Drawings of a system's runs and of tests, as SVG.

import { svg, decimals, signed, probability } from "./dom.js";
import { classes, mean, recalls } from "./data.js";

const [WIDTH, HEIGHT] = [460, 220];
const EDGE = { left: 44, right: 12, top: 10, bottom: 34 };

/** A straight line through two points, as a function. */
function scale([from, to], [start, end]) {
  const width = to - from || 1;
  return (value) => start + ((value - from) / width) * (end - start);
}

/** Round numbers that divide a range into at most `most` steps. */
function ticks([from, to], most = 5) {
  const rough = (to - from) / most || 0.1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999);
  const found = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + 1e-9; n++) found.push(n * step);
  return { values: found, places: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

function range(values, share = 0.06) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || 0.1) * share;
  return [low - room, high + room];
}

/** A drawing with a vertical axis; `inside` gets the vertical scale. */
function panel({ label, span, bottom, inside }) {
  const y = scale(span, [HEIGHT - EDGE.bottom, EDGE.top]);
  const { values, places } = ticks(span);
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    values.map((value) => svg("g", { class: "grid" },
      svg("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value) }),
      svg("text", { x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }, decimals(value, places)))),
    svg("text", { class: "label", x: (WIDTH + EDGE.left) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, bottom),
    inside(y));
}

/** A text below the horizontal axis. */
function below(x, text) {
  return svg("text", { x, y: HEIGHT - EDGE.bottom + 14, "text-anchor": "middle" }, text);
}

/** Where the dots of a group stand, from -0.25 to 0.25, side by side. */
function beside(place, number) {
  return number > 1 ? (place / (number - 1) - 0.5) * 0.5 : 0;
}

function mark(x, y, text, kind = "dot") {
  return svg("circle", { class: kind, cx: x, cy: y, r: 4 }, svg("title", {}, text));
}

/** A metric of every run, fold by fold, with the mean of each fold. */
export function drawRuns(runs, metric, name) {
  const folds = [...new Set(runs.map((run) => run.fold))];
  const x = scale([-0.5, folds.length - 0.5], [EDGE.left, WIDTH - EDGE.right]);
  return panel({
    label: `${name} of each run, by fold`, span: range(runs.map((run) => run[metric])), bottom: "fold",
    inside: (y) => folds.map((fold, number) => {
      const own = runs.filter((run) => run.fold === fold);
      const middle = mean(own.map((run) => run[metric]));
      return svg("g", {},
        below(x(number), fold),
        svg("line", { class: "mean", x1: x(number - 0.32), x2: x(number + 0.32), y1: y(middle), y2: y(middle) },
          svg("title", {}, `fold ${fold}: mean ${decimals(middle)} of ${own.length} seeds`)),
        own.map((run, place) => mark(
          x(number + beside(place, own.length)), y(run[metric]),
          `fold ${fold}, seed ${run.seed}: ${decimals(run[metric])}`)));
    }),
  });
}

/** A line for each run over its epochs; a circle at the epoch whose weights were tested. */
export function drawCurves(runs, columns, name) {
  const points = runs.flatMap((run) => columns.flatMap((column) => run.curves[column]));
  const last = Math.max(...runs.flatMap((run) => run.curves.epoch));
  const x = scale([0, last], [EDGE.left, WIDTH - EDGE.right]);
  const { values, places } = ticks([0, last]);
  return panel({
    label: `${name} by epoch`, span: range(points.filter((value) => value !== null)), bottom: "epoch",
    inside: (y) => [
      values.map((value) => below(x(value), decimals(value, places))),
      runs.map((run) => columns.map((column, style) => svg("polyline", {
        class: style ? "curve second" : "curve",
        points: run.curves.epoch.map((epoch, i) => [epoch, run.curves[column][i]])
          .filter(([, value]) => value !== null)
          .map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
      }, svg("title", {}, `fold ${run.fold}, seed ${run.seed}: ${column.replace("_", " ")}`)))),
      runs.map((run) => {
        const best = run.curves.epoch.indexOf(run.best_epoch);
        return best < 0 ? null : mark(x(run.best_epoch), y(run.curves[columns[0]][best]),
          `fold ${run.fold}, seed ${run.seed}: tested after epoch ${run.best_epoch}`, "ring");
      }),
    ],
  });
}

/** Recall of each class: a dot for each run, a line at their mean. */
export function drawRecalls(runs) {
  const found = runs.map((run) => [run, recalls(run)]);
  const x = scale([-0.5, classes.length - 0.5], [EDGE.left, WIDTH - EDGE.right]);
  return panel({
    label: "Recall of each class", span: [0, 1], bottom: "class",
    inside: (y) => classes.map((name, k) => {
      const known = found.filter(([, values]) => !Number.isNaN(values[k]));
      const middle = mean(known.map(([, values]) => values[k]));
      return svg("g", {},
        below(x(k), name),
        known.map(([run, values], place) => mark(
          x(k + beside(place, known.length)), y(values[k]),
          `${name}, fold ${run.fold}, seed ${run.seed}: ${decimals(values[k])}`)),
        known.length ? svg("line", { class: "mean", x1: x(k - 0.32), x2: x(k + 0.32), y1: y(middle), y2: y(middle) },
          svg("title", {}, `${name}: mean ${decimals(middle)} of ${known.length} runs`)) : null);
    }),
  });
}

/** A difference and its interval in each row; the band is the margin of equivalence. */
export function drawForest(rows, margin) {
  const [row, left, right] = [26, 190, 150];
  const width = 720;
  const height = rows.length * row + 40;
  const ends = rows.flatMap(({ low, high, difference }) => [low ?? difference, high ?? difference]);
  const span = range([...ends, 0, -margin, margin].filter((value) => value !== null));
  const x = scale(span, [left, width - right]);
  const { values, places } = ticks(span, 6);
  const about = { role: "img", class: "forest", "aria-label": "Differences with intervals" };
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, ...about },
    svg("rect", { class: "margin", x: x(-margin), y: 4, width: x(margin) - x(-margin), height: rows.length * row },
      svg("title", {}, `within the margin of ${decimals(margin)}`)),
    values.map((value) => svg("g", { class: "grid" },
      svg("line", { x1: x(value), x2: x(value), y1: 4, y2: rows.length * row + 4 }),
      svg("text", { x: x(value), y: rows.length * row + 20, "text-anchor": "middle" }, signed(value, places)))),
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 4, y2: rows.length * row + 4 }),
    svg("text", { class: "label", x: x(0), y: height - 4, "text-anchor": "middle" }, "difference"),
    rows.map(({ name, difference, low, high, p }, number) => {
      const y = number * row + row / 2 + 4;
      return svg("g", {},
        svg("text", { x: left - 10, y: y + 4, "text-anchor": "end" }, name),
        low === null || high === null ? null
          : svg("line", { class: "interval", x1: x(low), x2: x(high), y1: y, y2: y }),
        difference === null ? null : mark(x(difference), y, `${name}: ${signed(difference)}`),
        svg("text", { x: width - right + 60, y: y + 4, "text-anchor": "end" }, signed(difference)),
        p === null ? null : svg("text", { x: width - right + 72, y: y + 4 }, `P ${probability(p)}`));
    }));
}
