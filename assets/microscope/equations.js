// The equations of the cell, written from its graph, each with the line of code and the tensors that compute it.

import { show } from "../rnnviz.plot/numbers.js";
import { Symbols, written } from "./symbols.js";

function block(name, ...children) {
  const element = document.createElement("div");
  element.className = name;
  element.append(...children);
  return element;
}

export class Equations {
  constructor(store, colour) {
    this.store = store;
    this.colour = colour;
    this.element = block("equations");
    this.values = [];
  }

  build() {
    const { description } = this.store.pass;
    const { name, reverse } = this.store.recording.layers[this.store.layer];
    const symbols = new Symbols(description, reverse);
    this.values = [];
    const lines = description.equations.map(({ quantity, words, code, tensors }) => {
      const value = Object.assign(document.createElement("output"), { className: "number" });
      value.dataset.node = quantity;
      this.values.push([quantity, value]);
      const formula = block("formula", ...written([...symbols.name(quantity), { text: " = " }, ...symbols.meaning(quantity)], this.colour), " = ", value);
      const source = code ? Object.assign(document.createElement("code"), { textContent: code }) : "";
      const names = tensors.map((tensor) => {
        const [kind, chunk] = tensor.split("[");
        const element = Object.assign(document.createElement("code"), { className: "tensor" });
        element.textContent = description.chunks.length > 1 ? `${kind}_${name}[${chunk}` : `${kind}_${name}`;
        element.dataset.node = tensor;
        return element;
      });
      const line = block("equation", formula, block("words", words), block("source", source, ...names));
      line.dataset.node = quantity;
      line.style.setProperty("--quantity", this.colour(quantity));
      return line;
    });
    const convention = Object.assign(document.createElement("p"), { textContent: description.convention });
    this.element.replaceChildren(...lines, convention);
    this.show();
  }

  show() {
    const { pass, layer, t, unit, recording } = this.store;
    if (recording.T === 0) return;
    const values = pass.nodes(layer, t);
    for (const [id, element] of this.values) {
      element.textContent = show(values.get(id)[unit]);
      element.dataset.unit = unit;
      element.dataset.time = t;
    }
  }
}
