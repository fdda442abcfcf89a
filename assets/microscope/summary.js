// The time step in sentences: for readers who do not see the picture, and behind a switch for those who do.

import { show } from "../rnnviz.plot/numbers.js";
import { feature } from "./items.js";

export class Summary {
  constructor(store) {
    this.store = store;
    this.details = document.createElement("details");
    this.details.addEventListener("toggle", () => this.show());
    const title = Object.assign(document.createElement("summary"), { textContent: "This time step in words" });
    this.words = document.createElement("p");
    this.spoken = document.createElement("p"); // read out, and never seen
    this.spoken.className = "spoken";
    this.spoken.setAttribute("aria-live", "polite");
    this.details.append(title, this.words);
  }

  /** Told at once to the eye; to the ear only while time stands still. */
  show() {
    if (this.store.recording.T === 0) return;
    if (this.details.open) this.words.textContent = this.text();
    clearTimeout(this.waiting);
    if (!this.store.playing) this.waiting = setTimeout(() => { this.spoken.textContent = this.text(); }, 600);
  }

  text() {
    const { pass, recording, layer, t, unit } = this.store;
    const { words } = recording.header;
    const values = pass.nodes(layer, t);
    const { name, reverse } = recording.layers[layer];
    const x = values.get("x");
    const label = recording.label(layer, feature(x));
    const largest = `the largest ${show(x[feature(x)])}${label && ` for “${label}”`}`;
    const read = x.length > 1 ? `${x.length} inputs, ${largest}` : `the input ${show(x[0])}`;
    const quantities = pass.description.nodes.filter((node) => node.name && node.op !== "previous");
    const said = quantities.map(({ id, name: letter }) => {
      const before = values.get(`${letter}_prev`);
      const label = words[letter]?.label ?? letter;
      return `${label} ${letter} ${before ? `goes from ${show(before[unit])} to` : "is"} ${show(values.get(id)[unit])}`;
    });
    const way = reverse ? ", which reads from the end" : "";
    return `Time step ${t} of 0 to ${recording.T - 1}, layer ${name}${way}, unit ${unit}. The cell reads ${read}. ${said.join("; ")}.`;
  }
}
