// By hand: every number of every equation for two units and four time steps, on one page to print.

import { show } from "../rnnviz.plot/numbers.js";
import { button, layerWords, make, panel, whenSeen, words } from "./panel.js";
import { lines, redone, relation } from "./terms.js";
import { Writer } from "./writer.js";

const UNITS = 2;
const TIMES = 4;
const COLUMNS = 4; // of the input weights
const DIGITS = 4;

export class ByHand {
  constructor(store) {
    this.store = store;
    this.element = panel("By hand", "byhand");
    this.sheet = make("div", { class: "sheet" });
    this.scroller = make("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "All numbers, to redo by hand" }, this.sheet);
    this.note = make("p", { class: "hint" });
    this.print = button("Print on one page", () => this.printSheet());
    const what = make("p", {}, "Every number of two units over four time steps, to redo with a pencil.");
    this.element.append(what, this.note, this.print, this.scroller);
    this.draw = whenSeen(this.element, () => this.show());
    store.addEventListener("change", ({ detail }) => {
      if (["pass", "recording", "layer"].some((name) => detail.includes(name))) this.draw();
    });
  }

  show() {
    const { pass, recording, layer } = this.store;
    const { T, H, header } = recording;
    const order = Array.from({ length: Math.min(T, TIMES) }, (_, k) => (recording.layers[layer].reverse ? T - 1 - k : k));
    const units = Array.from({ length: Math.min(H, UNITS) }, (_, k) => k);
    this.note.replaceChildren(...this.larger());
    this.sheet.classList.toggle("dense", H > UNITS || pass.at(layer).D > COLUMNS);
    const edited = pass === this.store.original ? "" : ", with the changes made by hand";
    const title = `${pass.description.label}, ${layerWords(recording.layers[layer])}, step ${header.step ?? 0}${edited}`;
    this.sheet.replaceChildren(
      make("p", { class: "title" }, title),
      this.weights(units),
      this.numbers(units, order),
      make("p", { class: "foot" }, "Time steps and units count from 0. ≈: rounded to four digits. σ(a) = 1 / (1 + e⁻ᵃ)."),
    );
  }

  /** What is said of a network that has more than the page shows. */
  larger() {
    const { T, H, header } = this.store.recording;
    if (H <= UNITS && T <= TIMES) return [];
    const first = (count, most, what) => (count > most ? `the first ${most} of ${count} ${what}s` : count > 1 ? `all ${count} ${what}s` : `the only ${what}`);
    const size = `Here ${H > 1 ? "are" : "is"} ${first(H, UNITS, "unit")} at ${first(T, TIMES, "time step")}; `;
    const text = `${size}terms that do not fit are added up. `;
    if (!header.by_hand) return [text];
    return [text, make("a", { href: header.by_hand.href, target: "_self" }, header.by_hand.label), "."];
  }

  weights(units) {
    const { pass, layer, recording } = this.store;
    const { chunks } = pass.description;
    const [input, recurrent] = [pass.weight(layer, "weight_ih"), pass.weight(layer, "weight_hh")];
    const columns = (weight, most) => Array.from({ length: Math.min(weight.shape[1], most) }, (_, j) => j);
    const shown = [["weight_ih", input, columns(input, COLUMNS)], ["weight_hh", recurrent, columns(recurrent, UNITS)]];
    const more = (weight, list) => (weight.shape[1] > list.length ? [`${weight.shape[1] - list.length} more`] : []);
    const head = shown.flatMap(([kind, weight, list]) => [...list.map((j) => `${kind === "weight_ih" ? "x" : "h"}[${j}]`), ...more(weight, list)]);
    const rows = chunks.flatMap((chunk, k) =>
      units.map((unit) => {
        const row = k * recording.H + unit;
        const entries = shown.flatMap(([, weight, list]) => [
          ...list.map((j) => show(weight.data[row * weight.shape[1] + j], DIGITS)),
          ...more(weight, list).map(() => "…"),
        ]);
        const biases = ["bias_ih", "bias_hh"].map((kind) => show(pass.weight(layer, kind)?.data[row] ?? 0, DIGITS));
        return this.row([`${chunk}[${unit}]`, ...entries, ...biases]);
      }),
    );
    return this.table("Weights: what each gate of a unit multiplies x and the previous h with, and adds", ["", ...head, "b_ih", "b_hh"], rows, "weights");
  }

  numbers(units, order) {
    const { pass, layer } = this.store;
    const at = pass.at(layer);
    const inputs = Array.from({ length: at.D }, (_, j) => j);
    const read = inputs.slice(0, 2 * COLUMNS);
    const listed = (t) => read.map((j) => show(at.value("x", t, j), DIGITS)).join(", ") + (inputs.length > read.length ? ", …" : "");
    const rows = [this.row(["x", ...order.map(listed)])];
    for (const name of pass.description.states) {
      const before = (t) => units.map((unit) => show(at.previous(t)[name][unit], DIGITS)).join(", ");
      rows.push(this.row([`${name} before`, ...order.map(before)]));
    }
    for (const node of pass.description.nodes) {
      if (!node.name || node.op === "previous") continue;
      for (const unit of units) {
        const name = make("span", { title: words(pass.recording, node.id) }, `${node.id}[${unit}]`);
        rows.push(this.row([name, ...order.map((t) => this.equation(node.id, t, unit))], "equation"));
      }
    }
    return this.table("Every equation with its numbers", ["", ...order.map((t) => `time step ${t}`)], rows, "equations");
  }

  /** One equation: the numbers put in, then what comes out. */
  equation(id, t, unit) {
    const { pass, layer } = this.store;
    const writer = new Writer((_, text) => text, DIGITS, (count, text) => `${text} (${count} more)`);
    const all = lines(pass, layer, id, t, unit);
    const kept = all.length > 3 ? [all[0], all.at(-2), all.at(-1)] : all;
    const results = kept.map((tree) => redone(tree, DIGITS));
    const text = kept.map((tree, k) => {
      const sign = relation(k ? results[k - 1] : tree.value, results[k]);
      return `${sign} ${writer.write(tree).join("")}`;
    });
    const fixed = pass.at(layer).fixed(id, t, unit);
    const result = fixed === undefined ? text.pop() : `${show(fixed, DIGITS)}, set by hand`;
    return [`${text.join(" ")}${fixed === undefined ? " " : "; "}`, make("b", {}, result)];
  }

  row([name, ...cells], kind = "") {
    const all = cells.map((cell) => make("td", {}, ...(Array.isArray(cell) ? cell : [cell])));
    return make("tr", { class: kind }, make("th", { scope: "row" }, name), ...all);
  }

  table(caption, head, rows, kind) {
    const columns = head.map((text) => make("th", { scope: "col" }, text));
    return make("table", { class: kind }, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...columns)), make("tbody", {}, ...rows));
  }

  /** A copy beside the page, which alone is printed. */
  printSheet() {
    const copy = make("div", { class: "rnnviz-print" }, this.sheet.cloneNode(true));
    document.body.append(copy);
    addEventListener("afterprint", () => copy.remove(), { once: true });
    print();
  }
}
