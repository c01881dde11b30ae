// Corpus data, embedded in the page or fetched from the server: words, votes, ratings, sound.

import { about } from "./data.js";

/** transcripts, words, votes, ratings and audio by utterance id, as far as they are known; media: whether a server plays. */
export let extra = JSON.parse(document.getElementById("extra").textContent) ?? {};

/** Whether `emofusion explore` serves the page. */
export const served = location.protocol.startsWith("http");

/** Fetch the corpus data from the server; returns whether that worked. */
export async function loadExtra() {
  if (!served) return false;
  const answer = await fetch("extra.json");
  if (answer.ok) extra = { ...extra, ...(await answer.json()) };
  return answer.ok;
}

/** What is missing, and how to get it; null if nothing is. */
export function missingExtra() {
  const kinds = [];
  if (!extra.transcripts && about.transcribed) kinds.push("transcripts, votes, ratings");
  if (!extra.media && !extra.audio) kinds.push("sound and picture");
  else if (!extra.media) kinds.push("pictures");
  if (!kinds.length || served) return null;
  return `This file does not hold ${kinds.join(", ")}. To have them, run: emofusion explore`;
}
