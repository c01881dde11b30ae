// Which view is shown, and the keyboard.

import { el, address } from "./dom.js";
import { about } from "./data.js";
import { loadExtra, missingExtra } from "./extra.js";
import { answerView } from "./answer.js";
import { compareView } from "./compare.js";
import { systemView } from "./system.js";
import { utterancesView } from "./utterances.js";

const VIEWS = {
  answer: ["Answer", answerView],
  system: ["Systems", systemView],
  compare: ["Compare", compareView],
  utterances: ["Utterances", utterancesView],
};

const KEYS = [
  ["1 … 4", "the views"],
  ["/", "search utterances"],
  ["j, k", "next, previous utterance"],
  ["p", "play or pause"],
  ["?", "this list"],
];

/** View and parameters of an address such as #/system?id=self/tva. */
function current() {
  const [view, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return [view in VIEWS ? view : "answer", Object.fromEntries(new URLSearchParams(query))];
}

/** Go to a view; quiet: it is there already, only the address changes. */
function go(view, parameters, { quiet = false } = {}) {
  const wanted = address(view, parameters);
  if (quiet) history.replaceState(null, "", wanted);
  else location.hash = wanted;
}

function draw() {
  const [view, parameters] = current();
  const missing = missingExtra();
  const banner = document.getElementById("banner");
  banner.hidden = !missing;
  banner.textContent = missing ?? "";
  document.getElementById("tabs").replaceChildren(...Object.entries(VIEWS).map(([name, [title]]) =>
    el("a", { href: address(name), "aria-current": name === view ? "page" : null }, title)));
  document.getElementById("view").replaceChildren(...VIEWS[view][1](parameters, go).flat(Infinity).filter(Boolean));
  document.getElementById("question").textContent = about.question;
  document.title = `${VIEWS[view][0]} – ${about.question}`;
}

/** Open the next or the previous row of the list of utterances. */
function step(by) {
  const rows = [...document.querySelectorAll(".list tbody tr")];
  const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = rows[at + by];
  next?.click();
  next?.scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const view = Object.keys(VIEWS)[Number(event.key) - 1];
  const medium = document.querySelector("video, audio");
  if (view) go(view, {});
  else if (event.key === "/") document.getElementById("search")?.focus();
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "p" && medium) medium.paused ? medium.play() : medium.pause();
  else if (event.key === "?") document.getElementById("help").showModal();
  else return;
  event.preventDefault();
}

document.getElementById("footer").textContent = `${about.made}. Press ? for the keys.`;
document.getElementById("help").append(el("h2", {}, "Keys"),
  el("dl", { class: "facts" }, KEYS.map(([key, text]) => el("div", {}, el("dt", {}, key), el("dd", {}, text)))),
  el("form", { method: "dialog" }, el("button", {}, "Close")));
addEventListener("hashchange", () => { draw(); document.getElementById("view").focus({ preventScroll: true }); });
addEventListener("keydown", onKey);
draw();
loadExtra().then((answered) => answered && draw());
