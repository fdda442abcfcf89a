// What the panels beside the diagram share: how an element is made, how places are named, how one goes there.

import { lowered } from "../rnnviz.plot/numbers.js";

/** An element with attributes (those that begin with "on" are listeners) and children; text goes in as text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const button = (text, onclick, attributes = {}) => make("button", { type: "button", ...attributes, onclick }, text);
export { button };

let panels = 0;

/** A section with its heading; its styles come along with the first one. */
export function panel(title, name) {
  if (!document.querySelector("link[data-rnnviz-panels]")) {
    const href = new URL("panels.css", import.meta.url).href;
    document.head.append(make("link", { rel: "stylesheet", href, "data-rnnviz-panels": true }));
  }
  const id = `rnnviz-panel-${++panels}`;
  return make("section", { class: `rnnviz-panel ${name}`, "aria-labelledby": id }, make("h3", { id }, title));
}

/** A function that draws, but while the element is not seen only once it is. */
export function whenSeen(element, draw) {
  let due = true;
  const attempt = () => {
    due = element.offsetWidth === 0;
    if (!due) draw();
  };
  new ResizeObserver(() => due && attempt()).observe(element);
  return attempt;
}

/** A value's short name: "f₃[2]", "x₃[0]", "W_if[2, 0]"; time steps and units count from 0. */
export function symbol(pass, { layer, node, unit, t, weight, chunk, row, column }) {
  if (weight) {
    const from = weight.at(-2);
    const to = pass.description.chunks.length === 1 ? "h" : chunk;
    const own = row % pass.recording.H;
    return column === undefined ? `b_${from}${to}[${own}]` : `W_${from}${to}[${own}, ${column}]`;
  }
  const { op, name, tensor, id } = { ...pass.node(node), tensor: pass.node(node)?.weight };
  if (op === "previous") return `${name}${lowered(t + (pass.recording.layers[layer].reverse ? 1 : -1))}[${unit}]`;
  if (op === "input") return `x${lowered(t)}[${unit}]`;
  if (name) return `${name}${lowered(t)}[${unit}]`;
  return `${tensor ? id : op}${lowered(t)}[${unit}]`;
}

/** The words of the glossary for a quantity, or its letter. */
export const words = (recording, quantity) => recording.header.words?.[quantity]?.label ?? quantity;

/** The colour of a quantity on a light or dark page; null for the colour of the page's text. */
export const colourOf = (recording, quantity, light) => recording.header.colours?.[quantity]?.[light ? "light" : "dark"] ?? null;

/** The gate, state or pre-activation that was picked, or else the first gate. */
export function pickedQuantity(store) {
  const { description } = store.pass;
  const node = store.pass.node(store.node);
  if (node?.name) return node.name;
  return description.gates[0] ?? description.states[0];
}

/** A word for a layer: "layer l0", "layer l0, from the end". */
export const layerWords = ({ name, reverse }) => (reverse ? `layer ${name}, read from the end` : `layer ${name}`);
