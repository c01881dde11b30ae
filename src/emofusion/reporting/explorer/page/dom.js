// Elements of HTML and SVG, and numbers as text.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; properties that start with "on" are listeners, null ones are left out. */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A number with some decimals; a dash where there is none. */
export function decimals(value, places = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const text = Math.abs(value).toFixed(places);
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** A difference with its sign. */
export function signed(value, places = 3) {
  const text = decimals(value, places);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

export function percent(share) {
  return Number.isNaN(share) || share === null ? "–" : `${Math.round(100 * share)} %`;
}

/** A probability of a test: P is never shown as 0. */
export function probability(p) {
  if (p === null || p === undefined) return "–";
  return p < 0.001 ? "< 0.001" : decimals(p, 3);
}

/** For example "1 run", "1,250 runs". */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** A link to a view of the page; parameters without a value are left out. */
export function address(view, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  const query = new URLSearchParams(given).toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}

/** A select box; options are [value, text] pairs. */
export function select(label, options, value, changed) {
  const box = el("select", { "aria-label": label, onchange: () => changed(box.value) },
    options.map(([key, text]) => el("option", { value: key, selected: String(key) === String(value) }, text)));
  return el("label", {}, el("span", {}, label), box);
}
