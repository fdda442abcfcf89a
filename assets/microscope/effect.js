// What a change does: the picked quantity and the output over time, as they were and as they are now.

import { show } from "../rnnviz.plot/numbers.js";
import { layerWords, make, pickedQuantity, symbol, words } from "./panel.js";
import { rangeOf, TimePlot } from "./timeplot.js";

const NOISE = 1e-5; // recorded numbers are of single precision, computed ones are not
const OUTPUTS = 4; // that are written out

const distance = (a, b) => (Object.is(a, b) || a === b ? 0 : Number.isFinite(a - b) ? Math.abs(a - b) : Infinity);

/** The gate or state that differs most, those apart that were set by hand; null where none does. */
export function largestChange(original, pass) {
  let found = null;
  let most = NOISE;
  const names = [...pass.description.states, ...pass.description.gates];
  pass.recording.layers.forEach((_, layer) => {
    const at = pass.at(layer);
    if (!at.changed) return;
    for (const node of names) {
      const [before, after] = [original.at(layer).arrays.get(node), at.arrays.get(node)];
      if (!before) continue;
      for (let k = 0; k < after.length; k++) {
        const change = distance(before[k], after[k]);
        if (change <= most) continue;
        const [t, unit] = [Math.floor(k / at.H), k % at.H];
        if (at.fixed(node, t, unit) !== undefined) continue;
        most = change;
        found = { layer, node, t, unit, before: before[k], after: after[k] };
      }
    }
  });
  return found;
}

/** The outputs that differ most at a row: [{ index, before, after }], the largest change first. */
function outputsOf(original, pass, row) {
  const [before, after] = [original.outputs(), pass.outputs()];
  if (!before) return [];
  const size = before.shape[1];
  const all = Array.from({ length: size }, (_, index) => {
    const k = Math.min(row, before.shape[0] - 1) * size + index;
    return { index, before: before.data[k], after: after.data[k] };
  });
  return all.sort((a, b) => distance(b.before, b.after) - distance(a.before, a.after));
}

export class Effect {
  constructor(store) {
    this.store = store;
    this.plot = new TimePlot(store, "The picked unit over time, with and without the changes");
    this.key = make("p", { class: "legend" }, make("span", { class: "key thin" }, "as recorded"), make("span", { class: "key edited" }, "with the changes"));
    this.outputs = make("p", { class: "outputs" });
    this.largest = make("p", { class: "largest", role: "status" });
    this.element = make("div", { class: "effect" }, this.key, this.plot.element, this.outputs, this.largest);
  }

  /** pass: the edited one, which the store does not have while the original is held up against it. */
  draw(pass) {
    const { original, layer, unit, recording } = this.store;
    const node = pickedQuantity(this.store);
    const over = (one) => Array.from({ length: recording.T }, (_, t) => one.at(layer).value(node, t, unit));
    const [before, after] = [original.node(node) ? over(original) : [], over(pass)];
    const changed = pass !== original;
    const title = `${node}, ${words(recording, node)}, unit ${unit}`;
    const rows = [this.row(title, before, after, changed)];
    const outputs = original.outputs();
    const most = this.mostChanged(original, pass);
    if (outputs && outputs.shape[0] > 1) {
      const column = (one) => Array.from({ length: recording.T }, (_, t) => one.outputs().data[t * outputs.shape[1] + most]);
      rows.push(this.row(`output ${this.label(most)}`, column(original), column(pass), changed));
    }
    this.key.classList.toggle("without", !changed);
    this.plot.show({
      T: recording.T,
      rows,
      tell: (t) => `t = ${t}: ${node} = ${show(before[t] ?? NaN)}${changed ? `, with the changes ${show(after[t])}` : ""}`,
      summary: changed ? `${title}, as recorded and with the changes.` : `${title}, as recorded.`,
    });
    this.sayOutputs(pass);
    this.sayLargest(changed ? largestChange(original, pass) : null, changed);
  }

  row(title, before, after, changed) {
    const paint = (pen) => {
      pen.line(before, null, 1);
      const accent = getComputedStyle(this.element).getPropertyValue("--st-primary-color").trim();
      if (changed) pen.line(after, accent || "#4039B4", 2);
    };
    return { height: 84, title, range: rangeOf(before, after), paint };
  }

  /** The output that differs most at any time step. */
  mostChanged(original, pass) {
    const [before, after] = [original.outputs(), pass.outputs()];
    if (!before) return 0;
    let [most, found] = [0, 0];
    before.data.forEach((value, k) => {
      const change = distance(value, after.data[k]);
      if (change > most) [most, found] = [change, k];
    });
    return found % before.shape[1];
  }

  label(index) {
    return this.store.recording.header.labels?.[index] ?? `y[${index}]`;
  }

  sayOutputs(pass) {
    const { original, t } = this.store;
    const all = outputsOf(original, pass, t);
    const when = original.outputs()?.shape[0] > 1 ? `At time step ${t} ` : "Output ";
    const pairs = all.slice(0, OUTPUTS).map(({ index, before, after }) => {
      const same = distance(before, after) <= NOISE;
      return `${this.label(index)}: ${show(before)}${same ? "" : ` → ${show(after)}`}`;
    });
    const more = all.length > OUTPUTS ? `; ${all.length - OUTPUTS} more change less` : "";
    this.outputs.textContent = all.length ? `${when}${pairs.join("; ")}${more}.` : "";
  }

  sayLargest(found, changed) {
    const { recording } = this.store;
    if (!found) {
      this.largest.textContent = changed ? "No gate and no state changes but where you set it." : "";
      return;
    }
    const where = recording.layers.length > 1 ? `, ${layerWords(recording.layers[found.layer])}` : "";
    const name = symbol(this.store.pass, found);
    this.largest.textContent = `Largest change: ${name}${where}, ${show(found.before)} → ${show(found.after)}.`;
  }
}
