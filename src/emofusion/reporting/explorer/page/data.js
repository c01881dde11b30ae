// The results: decoded once, and what is computed from them.

const DATA = JSON.parse(document.getElementById("data").textContent);

export const { about, classes, metrics, tables, verdicts, comparisons } = DATA;
export const metricNames = Object.keys(metrics);
export const utterances = DATA.utterances;
export const facts = Object.entries(utterances.facts);
export const systems = DATA.systems;
export const systemById = new Map(systems.map((system) => [system.id, system]));

const FIRST = "0".charCodeAt(0); // the character of the first class
const LEVELS = 255; // a probability of one

/** [utterance, class] of each prediction of a run. */
function* predictions(run) {
  const numbers = DATA.folds[run.fold];
  for (let place = 0; place < numbers.length; place++) {
    const predicted = run.predicted.charCodeAt(place) - FIRST;
    if (predicted >= 0) yield [numbers[place], predicted];
  }
}

/** Number of runs of a system that predict each class: [utterance * classes + class]. */
function votes(system) {
  if (!system.votes) {
    system.votes = new Uint16Array(utterances.ids.length * classes.length);
    for (const run of system.runs) {
      for (const [utterance, predicted] of predictions(run)) system.votes[utterance * classes.length + predicted]++;
    }
  }
  return system.votes;
}

/** Number of runs of a system that were tested on an utterance. */
export function testedBy(system, utterance) {
  let sum = 0;
  for (let k = 0; k < classes.length; k++) sum += votesFor(system, utterance, k);
  return sum;
}

/** Number of runs that predict one class for an utterance. */
export function votesFor(system, utterance, predicted) {
  return votes(system)[utterance * classes.length + predicted];
}

/** Share of the runs that are right about an utterance; NaN if none was tested on it. */
export function rightShare(system, utterance) {
  return votesFor(system, utterance, utterances.labels[utterance]) / testedBy(system, utterance);
}

/** Whether more than half of the runs are right, as `emofusion errors` counts. */
export function isRight(system, utterance) {
  return rightShare(system, utterance) > 0.5;
}

/** Mean probability of each class; null if the system was not tested on the utterance. */
export function meanProbabilities(system, utterance) {
  const found = placesOf(utterance).filter(([fold]) => fold in system.probabilities);
  if (!found.length || !testedBy(system, utterance)) return null;
  const sums = classes.map(() => 0);
  for (const [fold, place] of found) {
    const levels = bytesOf(system, fold);
    classes.forEach((_, k) => (sums[k] += levels[place * classes.length + k] / LEVELS / found.length));
  }
  return sums;
}

/** [fold, place in it] of an utterance, for each fold that tests it. */
function placesOf(utterance) {
  return Object.entries(DATA.folds)
    .map(([fold, numbers]) => [fold, search(numbers, utterance)])
    .filter(([, place]) => place >= 0);
}

/** Place of a number in an ascending list, -1 if it is not there. */
function search(numbers, wanted) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return numbers[low] === wanted ? low : -1;
}

function bytesOf(system, fold) {
  system.bytes ??= {};
  system.bytes[fold] ??= bytes(system.probabilities[fold]);
  return system.bytes[fold];
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Counts [true class][predicted class] over all runs of a system. */
export function confusion(system) {
  const matrix = classes.map(() => classes.map(() => 0));
  for (const run of system.runs) {
    for (const [utterance, predicted] of predictions(run)) matrix[utterances.labels[utterance]][predicted]++;
  }
  return matrix;
}

/** Recall of each class in one run; NaN where the class does not occur. */
export function recalls(run) {
  const [right, all] = [classes.map(() => 0), classes.map(() => 0)];
  for (const [utterance, predicted] of predictions(run)) {
    all[utterances.labels[utterance]]++;
    if (predicted === utterances.labels[utterance]) right[predicted]++;
  }
  return right.map((number, k) => number / all[k]);
}

export function mean(values) {
  const known = values.filter((value) => value !== null && !Number.isNaN(value));
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : NaN;
}

/** Sample standard deviation; NaN of one value. */
export function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - middle) ** 2, 0) / (values.length - 1));
}

/** Rows of a table of columns that fulfil a condition, as objects. */
function rowsOf(columns, condition) {
  const names = Object.keys(columns);
  const length = names.length ? columns[names[0]].length : 0;
  const rows = Array.from({ length }, (_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
  return rows.filter(condition);
}

/** The rows of two systems on the same modalities, in either order; none otherwise. */
export function pairRows(columns, a, b) {
  if (a.modalities !== b.modalities) return [];
  return rowsOf(columns, (row) => row.modalities === a.modalities &&
    ((row.model_a === a.model && row.model_b === b.model) ||
     (row.model_a === b.model && row.model_b === a.model)));
}

/** Attention of each system over the words of an utterance: [{ name, weights }], as far as weights were kept. */
export function attentionOf(utterance) {
  return DATA.attention.flatMap(({ name, utterances: given, weights }) => {
    const place = search(given, utterance);
    return place < 0 ? [] : [{ name, weights: Array.from(bytes(weights[place]), (level) => level / LEVELS) }];
  });
}
