// Tables that can be sorted by a click on a heading and filtered by a word.

import { el } from "./dom.js";

/** A number at the start of a text, for sorting; text without one stays text. */
function sortable(value) {
  if (typeof value === "number") return value;
  const found = /^[+−-]?\d*\.?\d+/.exec(String(value).trim());
  return found ? Number(found[0].replace("−", "-")) : String(value).toLowerCase();
}

function compareValues(a, b) {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1;
}

/**
 * A table.
 *
 * heads: [text] of the columns; groups: [text, columns] above those behind the first.
 * rows: [{ cells: [{ value, content }], ...attributes of the row }]; content defaults to value.
 */
export function sortedTable({ heads, groups = [], rows, caption = null, notes = [] }) {
  const body = el("tbody");
  const buttons = heads.map((head, column) =>
    el("button", { type: "button", onclick: () => sort(column) }, head || "·"));
  const state = { column: null, descending: false };
  const draw = (shown) => body.replaceChildren(...shown.map(({ cells, ...attributes }) =>
    el("tr", attributes, cells.map(({ value, content }, i) =>
      el(i ? "td" : "th", i ? {} : { scope: "row" }, content ?? String(value))))));

  function sort(column) {
    const numeric = typeof sortable(rows[0]?.cells[column].value) === "number";
    state.descending = state.column === column ? !state.descending : numeric;
    state.column = column;
    const keyed = rows.map((row) => [sortable(row.cells[column].value), row]);
    keyed.sort(([a], [b]) => compareValues(a, b) * (state.descending ? -1 : 1));
    draw(keyed.map(([, row]) => row));
    buttons.forEach((button, i) => button.parentElement.setAttribute("aria-sort",
      i !== column ? "none" : state.descending ? "descending" : "ascending"));
  }

  draw(rows);
  return el("div", { class: "scroll" }, el("table", {},
    caption ? el("caption", {}, caption) : null,
    el("thead", {},
      groups.length ? el("tr", {}, el("th"), groups.map(([name, columns]) =>
        el("th", { colspan: columns, class: "group", scope: "colgroup" }, name))) : null,
      el("tr", {}, buttons.map((button) => el("th", { scope: "col", "aria-sort": "none" }, button)))),
    body), notes.map((note) => el("p", { class: "note" }, note)));
}

/** A field that hides the rows of a table that do not contain its text. */
export function rowFilter(table, label) {
  const field = el("input", { type: "search", placeholder: label, "aria-label": label, oninput: () => {
    const wanted = field.value.toLowerCase();
    for (const row of table.querySelectorAll("tbody tr")) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  } });
  return field;
}
