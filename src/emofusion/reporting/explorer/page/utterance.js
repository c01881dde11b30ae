// One utterance: its words, sound and picture, and what every system says of it.

import { el, address, decimals, percent } from "./dom.js";
import { attentionOf, classes, facts, meanProbabilities, rightShare, systems, testedBy, utterances } from "./data.js";
import { extra, served } from "./extra.js";

export function utteranceView(u) {
  const id = utterances.ids[u];
  const label = classes[utterances.labels[u]];
  const known = facts.map(([name, { values, codes }]) => [name, values[codes[u]]]).filter(([, value]) => value);
  if (utterances.seconds.length) known.push(["seconds", decimals(utterances.seconds[u], 2)]);
  return [
    el("h2", {}, id),
    extra.transcripts?.[id] ? el("blockquote", {}, extra.transcripts[id]) : null,
    medium(id),
    el("dl", { class: "facts" }, [["true class", label], ...known, ...ratings(id), ...annotators(id)]
      .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    probabilityTable(u),
    attention(u, id),
  ];
}

/** A player, or a word on how to get one. */
function medium(id) {
  if (extra.media && served) {
    const src = `media/${encodeURIComponent(id)}`;
    const onerror = async ({ target }) => {
      const answer = await fetch(src);
      target.replaceWith(el("p", { class: "note" }, await answer.text()));
    };
    return el("video", { controls: true, preload: "metadata", src, onerror, "aria-label": `Recording of ${id}` });
  }
  if (extra.audio?.[id]) {
    return el("audio", { controls: true, preload: "none", src: extra.audio[id], "aria-label": `Sound of ${id}` });
  }
  return el("p", { class: "note" }, "Sound and picture: run `emofusion explore`.");
}

function ratings(id) {
  return Object.entries(extra.ratings?.[id] ?? {}).map(([name, value]) => [name, decimals(value, 2)]);
}

function annotators(id) {
  return Object.entries(extra.votes?.[id] ?? {}).map(([name, value]) => [`vote of ${name}`, value]);
}

/** The mean probability of every class by every system. */
function probabilityTable(u) {
  const truth = utterances.labels[u];
  const tested = systems.filter((system) => testedBy(system, u));
  return el("div", { class: "scroll" }, el("table", { class: "probabilities" },
    el("caption", {}, "Mean probability of each class over the runs that tested the utterance"),
    el("thead", {}, el("tr", {}, el("th", {}, "system"),
      classes.map((name, k) => el("th", { class: k === truth ? "truth" : null }, name)), el("th", {}, "right"))),
    el("tbody", {}, tested.map((system) => el("tr", {},
      el("th", { scope: "row" }, el("a", { href: address("system", { id: system.id }) }, system.name)),
      meanProbabilities(system, u).map((p, k) =>
        el("td", { class: k === truth ? "truth" : null, style: `--share: ${p.toFixed(3)}` }, decimals(p, 2))),
      el("td", {}, `${percent(rightShare(system, u))} of ${testedBy(system, u)}`))))));
}

/** Words, the darker the more a system attends to them. */
function attention(u, id) {
  const words = extra.words?.[id];
  const found = attentionOf(u);
  if (!found.length) return null;
  return el("section", { class: "attention" }, el("h3", {}, "Attention over the words"),
    el("p", { class: "note" }, words
      ? "Darker words get more attention: the mean over heads and queries, in the run of the " +
        "first seed. Attention to padding is not shown."
      : about.transcribed ? "To see the words, run `emofusion explore`." : "No transcript."),
    words ? found.map(({ name, weights }) => {
      const most = Math.max(...weights);
      return el("p", {}, el("small", {}, name), " ", words.slice(0, weights.length).map((word, i) => [
        el("span", { class: "word", style: `--share: ${(weights[i] / most).toFixed(2)}`, title: percent(weights[i]) }, word),
        " "]));
    }) : null);
}
