// The numbers at the time cursor, as a table; and the whole picture in words, for readers who do not see it.

import { show } from "./scale.js";

function cell(tag, words, scope) {
  const made = document.createElement(tag);
  made.textContent = words;
  if (scope) made.scope = scope;
  return made;
}

/** What is read and said at a time step: pairs of a name and words or a number. */
export function saidAt(segment, t) {
  const found = [];
  const { inputs, outputs } = segment;
  if (inputs?.kind === "text") found.push(["input", inputs.text[t]]);
  if (inputs?.kind === "values") {
    const count = inputs.names.length;
    const row = [...segment.get("inputs").data.subarray(t * count, (t + 1) * count)];
    found.push(...row.map((value, k) => [inputs.names[k], value]));
  }
  if (outputs?.kind === "text" && outputs.text[t] !== null) {
    found.push(["output", outputs.text[t]]);
    if (outputs.targets[t] !== null) found.push(["target", outputs.targets[t]]);
  }
  if (outputs?.kind === "values") {
    const { data } = segment.get("outputs");
    found.push(["output", data[t]], ["target", data[segment.steps + t]]);
  }
  return found;
}

/** Head and rows of the table of a time step: layers down, norms across. */
export function tableAt(drawing, segment, t, window) {
  const states = drawing.states;
  const head = ["layer", ...states.map((state) => `‖${state}ₜ‖`)];
  if (drawing.hasGradients) head.push(...states.map((state) => `‖dL/d${state}ₜ‖`));
  const cut = drawing.hasGradients && window < drawing.full;
  if (cut) head.push(...states.map((state) => `‖dL/d${state}ₜ‖, k = ${drawing.windows[window]}`));
  const rows = segment.layers.map((layer, k) => {
    const row = [layer.name, ...states.map((state) => segment.norm(state, k, t))];
    for (const which of [...(drawing.hasGradients ? [drawing.full] : []), ...(cut ? [window] : [])]) {
      row.push(...states.map((state) => segment.gradient(`total/${state}`, which, k, t)));
    }
    return row;
  });
  return { head, rows };
}

export class Readout {
  constructor() {
    this.element = document.createElement("div");
    this.element.className = "rnnviz-unrolled-readout";
    this.said = document.createElement("p");
    this.table = document.createElement("table");
    this.element.append(this.said, this.table);
  }

  show({ drawing, cursor, window }) {
    const segment = cursor?.segment ?? drawing.last;
    const t = cursor?.t ?? segment.steps - 1;
    const where = drawing.segments.length > 1 ? `${segment.name}, time step ${t}` : `Time step ${t}`;
    const pairs = saidAt(segment, t).slice(0, 6).map(([name, said]) => `${name} ${typeof said === "number" ? show(said) : said}`);
    this.said.textContent = [`${where} of 0 to ${segment.steps - 1}`, ...pairs].join(" · ");
    const { head, rows } = tableAt(drawing, segment, t, window);
    const top = document.createElement("tr");
    top.append(...head.map((words) => cell("th", words, "col")));
    this.table.replaceChildren(top, ...rows.map(([name, ...numbers]) => {
      const row = document.createElement("tr");
      row.append(cell("th", name, "row"), ...numbers.map((value) => cell("td", show(value))));
      return row;
    }));
    this.element.dataset.time = t;
  }
}

/** The picture in a few sentences. */
export function summary({ drawing, window }) {
  const sentences = [];
  for (const segment of drawing.segments) {
    const both = segment.directions === 2 ? ", bidirectional" : "";
    const layers = `${segment.depth} layer${segment.depth > 1 ? "s" : ""}${both}`;
    sentences.push(`${segment.name ? `${segment.name}: ` : ""}${drawing.cell} unrolled over ${segment.steps} time steps, ${layers}.`);
    const end = segment.steps - 1;
    sentences.push(`‖h‖ of ${segment.layers[0].name} goes from ${show(segment.norm("h", 0, 0))} at t = 0 to ${show(segment.norm("h", 0, end))} at t = ${end}.`);
    if (drawing.hasGradients) {
      const [first, last] = [0, end].map((t) => show(segment.gradient("total/h", window, 0, t)));
      sentences.push(`The gradient norm ‖dL/dh‖ of ${segment.layers[0].name} is ${last} at t = ${end} and ${first} at t = 0.`);
    }
  }
  sentences.push(...drawing.notes);
  if (window < drawing.full) sentences.push(`Back-propagation is cut every ${drawing.windows[window]} time steps.`);
  return sentences.join(" ");
}
