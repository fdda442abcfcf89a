// Why a gate is what it is: what the input, the recurrent weights and the biases add to its pre-activation, over time.

import { lowered, show } from "../rnnviz.plot/numbers.js";
import { colourOf, layerWords, make, panel, pickedQuantity, whenSeen, words } from "./panel.js";
import { PARTS, partsOf, splittable } from "./parts.js";
import { rangeOf, TimePlot } from "./timeplot.js";

// Hues that no gate has; the biases are hatched, so that the three can be told apart without colour.
const FILLS = { input: "#6C5CE0", recurrent: "#8B8A1A", bias: "#808080" };
const LABELS = { input: "input part", recurrent: "recurrent part", bias: "biases" };

/** Diagonal stripes in a colour. */
function hatch(context, colour) {
  const tile = new OffscreenCanvas(6, 6);
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  for (const x of [-6, 0, 6]) {
    pen.moveTo(x, 6);
    pen.lineTo(x + 6, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

export class Split {
  constructor(store) {
    this.store = store;
    this.element = panel("Why is it open or shut?", "split");
    this.choice = make("select", { "aria-label": "Gate", onchange: () => this.choose(this.choice.value) });
    this.heading = make("p", { class: "words" }, this.choice, make("span"));
    this.plot = new TimePlot(store, "The parts of a pre-activation over time");
    const swatch = (part) => make("span", { class: `key ${part}`, style: `--fill: ${FILLS[part]}` }, LABELS[part]);
    this.legend = make("p", { class: "legend" }, ...PARTS.map(swatch), make("span", { class: "key total" }, "their sum"));
    this.element.append(this.heading, this.legend, this.plot.element);
    this.draw = whenSeen(this.element, () => this.show());
    store.addEventListener("change", ({ detail }) => {
      if (["pass", "recording", "layer", "unit", "node"].some((name) => detail.includes(name))) this.draw();
    });
  }

  choose(quantity) {
    this.store.set({ node: quantity });
  }

  show() {
    const { pass, layer, unit, recording } = this.store;
    const all = splittable(pass.description);
    if (all.length === 0) throw new Error(`No quantity of "${pass.description.cell}" is a sum of products.`);
    const picked = pickedQuantity(this.store);
    const gate = all.find(({ quantity, shown }) => quantity === picked || shown === picked) ?? all.find(({ quantity }) => quantity === this.last) ?? all[0];
    this.last = gate.quantity;
    const options = all.map(({ quantity }) => make("option", { value: quantity }, `${quantity}: ${words(recording, quantity)}`));
    this.choice.replaceChildren(...options);
    this.choice.value = gate.quantity;
    this.heading.lastChild.textContent = ` unit ${unit}, ${layerWords(recording.layers[layer])}`;
    const rows = Array.from({ length: recording.T }, (_, t) => partsOf(pass, layer, gate.sum, t, unit));
    const sums = rows.map((parts) => parts.input + parts.recurrent + parts.bias);
    const values = rows.map((_, t) => pass.at(layer).value(gate.shown, t, unit));
    this.plot.show({
      T: recording.T,
      rows: [
        { height: 150, title: "pre-activation", range: this.rangeOfParts(rows), paint: (pen) => this.paint(pen, rows, sums) },
        {
          height: 56,
          title: `${gate.shown}: ${words(recording, gate.shown)}`,
          range: rangeOf(values, recording.header.bounds?.[gate.shown] ?? []),
          paint: (pen) => pen.line(values, colourOf(recording, gate.shown, pen.light), 2),
        },
      ],
      tell: (t) => this.tell(gate, t, rows[t], sums[t], values[t]),
      summary: this.summary(gate, rows, values),
    });
  }

  rangeOfParts(rows) {
    const signed = (sign) => rows.map((parts) => PARTS.reduce((sum, part) => sum + Math.max(sign * parts[part], 0), 0));
    return rangeOf(signed(1), signed(-1).map((value) => -value));
  }

  paint(pen, rows, sums) {
    const fills = { ...FILLS, bias: hatch(pen.context, FILLS.bias) };
    rows.forEach((parts, t) => {
      const reached = [0, 0]; // how far up and down the parts before it have come
      for (const part of PARTS) {
        const value = parts[part];
        if (!Number.isFinite(value)) continue;
        const side = value < 0 ? 1 : 0;
        pen.bar(t, reached[side], reached[side] + value, fills[part]);
        reached[side] += value;
      }
    });
    pen.line(sums, null, 1.75);
  }

  tell({ quantity, shown }, t, parts, sum, value) {
    const each = PARTS.map((part) => `${LABELS[part]} ${show(parts[part], 3)}`).join(", ");
    const result = quantity === shown ? `${shown}${lowered(t)} = ${show(value, 3)}` : `sum ${quantity}, ${shown}${lowered(t)} = ${show(value, 3)}`;
    return `t = ${t}: ${each}; sum ${show(sum, 3)}; ${result}`;
  }

  /** The figure in words, for those who do not see it. */
  summary({ quantity, shown }, rows, values) {
    const mean = (part) => rows.reduce((sum, parts) => sum + Math.abs(parts[part]), 0) / rows.length;
    const sizes = PARTS.map((part) => [part, mean(part)]).sort((a, b) => b[1] - a[1]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const ordered = sizes.map(([part, size]) => `${LABELS[part]} ${show(size, 3)}`).join(", ");
    return `Pre-activation of ${quantity} over ${rows.length} time steps. Mean size of its parts, the largest first: ${ordered}. ${shown} lies between ${show(low, 3)} and ${show(high, 3)}.`;
  }
}
