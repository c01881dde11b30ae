// All utterances: chosen by class, prediction, facts and words; one of them in full.

import { el, count, percent, select } from "./dom.js";
import { about, classes, facts, isRight, rightShare, systemById, systems } from "./data.js";
import { testedBy, utterances, votesFor } from "./data.js";
import { extra } from "./extra.js";
import { utteranceView } from "./utterance.js";

const STEP = 200; // rows that are drawn at once
const CHOICES = 40; // a fact with more values is left to the search

const SHOW = {
  "": ["all utterances", () => true],
  hardest: ["wrong in every system", (u) => tested(u).every((system) => !isRight(system, u))],
  self: ["right only with self-attention", (u) => rightOnly(u, "self", "cross")],
  cross: ["right only with cross-attention", (u) => rightOnly(u, "cross", "self")],
};

function tested(u) {
  return systems.filter((system) => testedBy(system, u));
}

/** Right in a system with one kind of attention, wrong in all with the other. */
function rightOnly(u, one, other) {
  const of = (kind) => tested(u).filter((system) => system.attention === kind);
  return of(other).length > 0 && of(one).some((s) => isRight(s, u)) && !of(other).some((s) => isRight(s, u));
}

export function utterancesView(parameters, go) {
  const system = systemById.get(parameters.system) ?? systemById.get(about.pair[0]) ?? systems[0];
  const change = (changed) => go("utterances", { ...parameters, ...changed });
  const chosen = choose(system, parameters);
  const [detail, list] = [el("aside", { id: "detail", "aria-live": "polite" }), el("tbody")];
  const open = (u) => {
    go("utterances", { ...parameters, u: utterances.ids[u] }, { quiet: true });
    show(u);
  };
  const show = (u) => {
    for (const row of list.children) row.setAttribute("aria-selected", row.dataset.u === String(u));
    detail.replaceChildren(...utteranceView(u).filter(Boolean));
  };
  const wanted = utterances.ids.indexOf(parameters.u);
  const table = rows(system, chosen, parameters, list, open);
  if (wanted >= 0) show(wanted);
  else if (chosen.length) show(chosen[0].u);
  return [
    filters(system, parameters, change),
    el("p", { class: "note" },
      `${count(chosen.length, "utterance")} of ${utterances.ids.length.toLocaleString("en")}. ` +
      `Right: share of the runs of ${system.name}. Keys: / search, j and k next and previous.`),
    el("div", { class: "split" }, table, detail),
  ];
}

/** The utterances that fulfil all conditions, those that most runs get wrong first. */
function choose(system, { label, predicted, words = "", show = "", agreement = "", ...others }) {
  const [truth, guess] = [classes.indexOf(label), classes.indexOf(predicted)];
  const wantedFacts = facts.filter(([name]) => others[name])
    .map(([name, { values, codes }]) => [codes, values.indexOf(others[name])]);
  const wanted = words.toLowerCase();
  const found = [];
  for (let u = 0; u < utterances.ids.length; u++) {
    if (!testedBy(system, u)) continue;
    if (truth >= 0 && utterances.labels[u] !== truth) continue;
    if (guess >= 0 && !votesFor(system, u, guess)) continue;
    if (!wantedFacts.every(([codes, code]) => codes[u] === code)) continue;
    if (agreement && agreementOf(u) !== agreement) continue;
    const id = utterances.ids[u];
    if (wanted && !`${id} ${extra.transcripts?.[id] ?? ""}`.toLowerCase().includes(wanted)) continue;
    if (!(SHOW[show] ?? SHOW[""])[1](u)) continue;
    const guessed = guess < 0 ? 0 : votesFor(system, u, guess) / testedBy(system, u);
    found.push({ u, right: rightShare(system, u), guessed });
  }
  return found.sort((x, y) => y.guessed - x.guessed || x.right - y.right || x.u - y.u);
}

/** Whether the single annotators gave the same label; "" where their votes are not known. */
function agreementOf(u) {
  const given = Object.values(extra.votes?.[utterances.ids[u]] ?? {});
  return given.length < 2 ? "" : new Set(given).size === 1 ? "all" : "some";
}

function filters(system, parameters, change) {
  const any = ["", "any"];
  const choice = (label, key, options) =>
    select(label, options, parameters[key] ?? "", (value) => change({ [key]: value, u: "" }));
  const names = (values) => [any, ...values.map((value) => [value, value])];
  const search = el("input", {
    type: "search", id: "search", "aria-label": "Search", value: parameters.words ?? "",
    placeholder: extra.transcripts ? "id or words" : "id", onchange: () => change({ words: search.value, u: "" }),
  });
  return el("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); search.blur(); } },
    select("System", systems.map(({ id, name }) => [id, name]), system.id, (id) => change({ system: id })),
    choice("Show", "show", Object.entries(SHOW).map(([key, [text]]) => [key, text])),
    choice("Class", "label", names(classes)),
    choice("Predicted", "predicted", names(classes)),
    facts.filter(([, { values }]) => values.length > 1 && values.length <= CHOICES)
      .map(([name, { values }]) => choice(name[0].toUpperCase() + name.slice(1), name, names(values))),
    extra.votes ? choice("Annotators", "agreement", [any, ["all", "all agree"], ["some", "disagree"]]) : null,
    el("label", {}, el("span", {}, "Search"), search));
}

/** The list, drawn in steps. */
function rows(system, chosen, { predicted }, body, open) {
  const guess = classes.includes(predicted);
  const more = el("button", { type: "button", onclick: () => draw() });
  let drawn = 0;
  function draw() {
    body.append(...chosen.slice(drawn, drawn + STEP).map(({ u, right, guessed }) =>
      el("tr", { "data-u": u, onclick: () => open(u) },
        el("th", { scope: "row" }, el("button", { type: "button" }, utterances.ids[u])),
        el("td", {}, classes[utterances.labels[u]]),
        el("td", { style: `--share: ${right.toFixed(3)}`, class: "bar" }, `${percent(right)} of ${testedBy(system, u)}`),
        guess ? el("td", {}, percent(guessed)) : null,
        extra.transcripts ? el("td", { class: "words" }, extra.transcripts[utterances.ids[u]] ?? "") : null)));
    drawn = Math.min(drawn + STEP, chosen.length);
    more.hidden = drawn === chosen.length;
    more.textContent = `${chosen.length - drawn} more`;
  }
  draw();
  return el("div", { class: "scroll list" }, el("table", {}, el("thead", {}, el("tr", {},
    el("th", {}, "utterance"), el("th", {}, "class"), el("th", {}, "right"),
    guess ? el("th", {}, `as ${predicted}`) : null,
    extra.transcripts ? el("th", {}, "transcript") : null)), body), more);
}
