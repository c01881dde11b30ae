// A system: its runs, curves, confusions, classes and cost.

import { el, address, count, decimals, percent, select } from "./dom.js";
import { classes, confusion, deviation, mean, metricNames, metrics, systemById, systems } from "./data.js";
import { drawCurves, drawRecalls, drawRuns } from "./charts.js";
import { sortedTable } from "./table.js";

export function systemView(parameters, go) {
  const system = systemById.get(parameters.id) ?? systems[0];
  const metric = metricNames.includes(parameters.metric) ? parameters.metric : metricNames[0];
  const change = (changed) => go("system", { id: system.id, metric, ...changed });
  const runs = system.runs;
  return [
    el("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
      select("System", systems.map(({ id, name }) => [id, name]), system.id, (id) => change({ id })),
      select("Metric of the dots", metricNames.map((name) => [name, `${metrics[name]} (${name.replace("_", " ")})`]),
        metric, (name) => change({ metric: name })),
      el("a", { href: address("compare", { a: system.id }) }, "Compare with another"),
      el("a", { href: address("utterances", { system: system.id }) }, "Its utterances")),
    el("h1", {}, system.name),
    summaryTable(runs),
    el("div", { class: "panels" },
      figure("Every run", `Dots are runs, lines the means of folds. n = ${count(runs.length, "run")}.`,
        drawRuns(runs, metric, metrics[metric])),
      figure("Recall by class", "Share of a class's test utterances that a run recognises: dots are runs, lines their means.",
        drawRecalls(runs)),
      figure("Development accuracy", "A line for each run; circles: the check whose weights were tested.",
        drawCurves(runs, ["dev_accuracy"], "Development accuracy")),
      figure("Cross-entropy [nats]", "Solid: development; dashed: training.",
        drawCurves(runs, ["dev_loss", "train_loss"], "Cross-entropy")),
      figure("Confusion", "Counts over all runs, and their share of the true class. A cell opens its utterances.",
        confusionTable(system)),
      figure("Cost", "", cost(runs))),
    el("h2", {}, "Runs"),
    sortedTable({
      heads: ["fold", "seed", ...metricNames.map((name) => metrics[name]), "best epoch", "epochs", "training [s]"],
      rows: runs.map((run) => ({ cells: [
        { value: run.fold }, { value: run.seed },
        ...metricNames.map((name) => ({ value: run[name], content: decimals(run[name]) })),
        { value: run.best_epoch }, { value: run.epochs },
        { value: run.train_seconds, content: decimals(run.train_seconds, 1) },
      ] })),
    }),
  ];
}

function summaryTable(runs) {
  return el("dl", { class: "numbers" }, metricNames.map((name) => {
    const values = runs.map((run) => run[name]);
    const spread = el("small", {}, ` ± ${decimals(deviation(values))}, n = ${values.length}`);
    return el("div", {}, el("dt", {}, metrics[name]), el("dd", {}, decimals(mean(values)), spread));
  }));
}

function figure(title, text, content) {
  return el("figure", {}, el("figcaption", {}, el("strong", {}, title), " ", text), content);
}

/** Rows: true classes; columns: predicted ones. */
function confusionTable(system) {
  const matrix = confusion(system);
  return el("div", { class: "scroll" }, el("table", { class: "confusion" },
    el("thead", {}, el("tr", {}, el("th", {}, "true ╲ predicted"),
      classes.map((name) => el("th", { scope: "col" }, name)), el("th", {}, "n"))),
    el("tbody", {}, matrix.map((row, truth) => {
      const all = row.reduce((a, b) => a + b, 0);
      return el("tr", {}, el("th", { scope: "row" }, classes[truth]),
        row.map((number, predicted) => {
          const share = all ? number / all : 0;
          return el("td", { style: `--share: ${share.toFixed(3)}` },
            el("a", {
              href: address("utterances", { system: system.id, label: classes[truth], predicted: classes[predicted] }),
              title: `${classes[truth]} taken for ${classes[predicted]}: ${number} of ${all}`,
            }, percent(share), el("small", {}, number.toLocaleString("en"))));
        }),
        el("td", {}, all.toLocaleString("en")));
    }))));
}

function cost(runs) {
  const seconds = runs.map((run) => run.train_seconds);
  return el("dl", { class: "numbers" }, [
    ["parameters", runs[0].parameters.toLocaleString("en")],
    ["training of a run", `${decimals(mean(seconds), 1)} s (mean of ${seconds.length})`],
    ["epochs of a run", `${decimals(mean(runs.map((run) => run.epochs)), 1)} (mean)`],
    ["training of all runs", `${decimals(seconds.reduce((a, b) => a + b, 0) / 3600, 2)} h`],
  ].map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text))));
}
