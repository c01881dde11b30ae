// First page: the question, the answer, and the paper's tables.

import { el, address, count } from "./dom.js";
import { about, systems, systemById, tables, utterances } from "./data.js";
import { rowFilter, sortedTable } from "./table.js";

export function answerView() {
  const runs = systems.reduce((sum, system) => sum + system.runs.length, 0);
  return [
    el("section", { class: "answer" },
      el("h1", {}, about.headline),
      el("p", {}, about.answer),
      el("p", { class: "note" },
        `${count(systems.length, "system")} (a model on a set of modalities), ${count(runs, "run")}, ` +
        `${count(utterances.ids.length, "utterance")} tested. ${about.trap}`),
      about.reservations.map(([text, details]) => details
        ? el("details", { class: "reservation" }, el("summary", {}, text), details)
        : el("p", { class: "reservation" }, text)),
      el("p", { class: "actions" },
        el("a", { href: address("compare", { a: about.pair[0], b: about.pair[1] }) }, "Compare the two"), " · ",
        el("a", { href: address("utterances", { show: "hardest" }) }, "Utterances that every system gets wrong"))),
    tables.map(paperTable),
  ];
}

/** A table of the paper, each cell a link to its system. */
function paperTable(table) {
  const rows = table.rows.map((cells, r) => ({
    cells: cells.map((cell, column) => ({ value: cell.text, content: cellContent(cell, table.systems[r][column]) })),
  }));
  const drawn = sortedTable({ ...table, rows, caption: null, notes: table.notes });
  return el("section", {},
    el("h2", {}, table.title),
    el("p", { class: "note" }, table.caption, " Click a cell for its system, a heading to sort."),
    rowFilter(drawn, "Only rows with …"),
    drawn);
}

function cellContent({ text, bold, mark = "" }, system) {
  const content = bold ? el("strong", {}, text) : text;
  if (!system) return [content, mark];
  const title = `Open ${systemById.get(system).name}`;
  return el("a", { href: address("system", { id: system }), title }, content, mark);
}
