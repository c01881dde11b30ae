// Two systems side by side: their tests, and the utterances on which they disagree.

import { el, address, count, decimals, percent, probability, select, signed } from "./dom.js";
import { about, classes, comparisons, isRight, mean, metrics, pairRows, rightShare } from "./data.js";
import { systemById, systems, testedBy, utterances, verdicts } from "./data.js";
import { drawForest } from "./charts.js";
import { sortedTable } from "./table.js";
import { extra } from "./extra.js";

const SHOWN = 200; // rows of the list

export function compareView(parameters, go) {
  const a = systemById.get(parameters.a) ?? systemById.get(about.pair[0]) ?? systems[0];
  const near = systems.find((system) => system !== a && system.modalities === a.modalities) ?? systems[1] ?? a;
  const b = systemById.get(parameters.b) ?? [systemById.get(about.pair[1])].find((one) => one && one !== a) ?? near;
  const choices = systems.map(({ id, name }) => [id, name]);
  return [
    el("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
      select("A", choices, a.id, (id) => go("compare", { a: id, b: b.id })),
      select("B", choices, b.id, (id) => go("compare", { a: a.id, b: id })),
      el("a", { href: address("compare", { a: b.id, b: a.id }) }, "Swap")),
    el("h1", {}, `${a.name} and ${b.name}`),
    meansTable(a, b),
    ...evidence(a, b),
    disagreement(a, b),
  ];
}

function meansTable(a, b) {
  const names = Object.keys(metrics);
  return sortedTable({
    heads: ["system", ...names.map((name) => metrics[name]), "runs"],
    rows: [["A", a], ["B", b]].map(([letter, system]) => ({ cells: [
      { value: letter, content: el("a", { href: address("system", { id: system.id }) }, `${letter}: ${system.name}`) },
      ...names.map((name) => mean(system.runs.map((run) => run[name])))
        .map((value) => ({ value, content: decimals(value) })),
      { value: system.runs.length }] })),
  });
}

/** Verdict, forest plot and tests of each metric. Differences are model_a minus model_b of the
 * tests, as in the tables, even if the page shows the two in the other order. */
function evidence(a, b) {
  const decided = pairRows(verdicts, a, b);
  if (a === b) return [el("p", { class: "note" }, "Choose two different systems.")];
  if (!decided.length) {
    return [el("p", { class: "note" },
      "These two were not tested against each other: only models on the same modalities are. " +
      "The utterances below are a description, not a test.")];
  }
  const compared = pairRows(comparisons, a, b);
  return decided.map((verdict) => {
    const tests = compared.filter((row) => row.metric === verdict.metric);
    const turned = verdict.model_a !== a.model;
    const order = `${about.names[verdict.model_a]} minus ${about.names[verdict.model_b]}`;
    const drawn = tests.filter((row) => row.difference !== null)
      .map((row) => ({ ...row, name: about.tests[row.test] ?? row.test }));
    const speakers = verdict.speakers ? ` and ${count(verdict.speakers, "speaker")}` : "";
    return el("section", {},
      el("h2", {}, `${metrics[verdict.metric]}: ${verdict.verdict}`),
      newSpeaker(verdict),
      el("p", { class: "note" },
        `${order}${turned ? " (B minus A)" : ""}: ${signed(verdict.difference)} over ` +
        `${count(verdict.folds, "fold")}${speakers}, ${verdict.runs_a} and ${verdict.runs_b} runs. ` +
        `The verdict rests on: ${about.tests[verdict.primary] ?? verdict.primary}. ` +
        `Band: the margin of equivalence, ±${decimals(verdict.margin)}.`),
      drawn.length ? drawForest(drawn, verdict.margin ?? 0) : null,
      testsTable(tests));
  });
}

/** What a new speaker is predicted to be like; nothing where test speakers are in training. */
function newSpeaker({ new_low: low, new_high: high, p_within: within, margin }) {
  if (low === null) return null;
  return el("p", {}, `For a new speaker: a difference between ${signed(low)} and ${signed(high)}; ` +
    `within ±${decimals(margin)} with probability ${decimals(within, 2)}.`);
}

function testsTable(tests) {
  const heads = { difference: "difference", low: "from", high: "to", p: "P", p_holm: "P after Holm", n: "n" };
  const columns = Object.keys(heads).filter((name) => tests.some((row) => row[name] !== null));
  const show = { p: probability, p_holm: probability, n: (value) => value ?? "–" };
  return sortedTable({
    heads: ["test", ...columns.map((name) => heads[name])],
    rows: tests.map((row) => ({ cells: [{ value: about.tests[row.test] ?? row.test },
      ...columns.map((name) => ({ value: row[name] ?? "–", content: (show[name] ?? signed)(row[name]) }))] })),
  });
}

/** Utterances that one of the two gets right and the other wrong, the largest difference first. */
function disagreement(a, b) {
  const found = utterances.ids
    .map((_, u) => ({ u, a: rightShare(a, u), b: rightShare(b, u) }))
    .filter((row) => !Number.isNaN(row.a + row.b) && isRight(a, row.u) !== isRight(b, row.u));
  found.sort((x, y) => Math.abs(y.a - y.b) - Math.abs(x.a - x.b) || x.u - y.u);
  const onlyA = found.filter((row) => row.a > row.b).length;
  const words = extra.transcripts;
  return el("section", {},
    el("h2", {}, "Where they disagree"),
    el("p", { class: "note" },
      `${count(onlyA, "utterance")} right in A only, ${found.length - onlyA} in B only. ` +
      "Right: in more than half of a system's runs."),
    sortedTable({
      heads: ["utterance", "class", "right in A", "right in B", ...(words ? ["transcript"] : [])],
      rows: found.slice(0, SHOWN).map((row) => ({
        class: row.a > row.b ? "only-a" : "only-b",
        cells: [
          { value: utterances.ids[row.u], content: utteranceLink(utterances.ids[row.u], a) },
          { value: classes[utterances.labels[row.u]] },
          ...[[row.a, a], [row.b, b]].map(([right, system]) =>
            ({ value: right, content: `${percent(right)} of ${testedBy(system, row.u)}` })),
          ...(words ? [{ value: words[utterances.ids[row.u]] ?? "" }] : [])],
      })),
      notes: found.length > SHOWN
        ? [`The first ${SHOWN} of ${found.length}; all of them: emofusion errors ${a.id} ${b.id} --csv FILE`] : [],
    }));
}

function utteranceLink(id, system) {
  return el("a", { href: address("utterances", { u: id, system: system.id }) }, id);
}
