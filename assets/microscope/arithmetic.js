// The arithmetic of the number that was picked, every number of it a way to where it comes from.

import { exact, read, show } from "../rnnviz.plot/numbers.js";
import { button, layerWords, make, panel, symbol, whenSeen, words } from "./panel.js";
import { enoughDigits, largest, lines, redone, relation, RESULT_DIGITS } from "./terms.js";
import { Writer } from "./writer.js";

const PARTS = { input: "input part", recurrent: "recurrent part", bias: "bias" };
const TRAIL = 8; // numbers that one can go back to

/** Shows the arithmetic. Dispatches "place" on the store, with the place of a number that was clicked as its detail. */
export class Arithmetic {
  constructor(store) {
    this.store = store;
    this.feature = 0;
    this.trail = [];
    this.all = false;
    this.element = panel("The arithmetic", "arithmetic");
    this.back = make("nav", { "aria-label": "Numbers you came from" });
    this.body = make("div", { class: "sums", tabindex: "-1" });
    this.said = make("p", { class: "place", role: "status" });
    this.more = button("", () => this.toggle(), { class: "more", "aria-expanded": "false" });
    this.table = make("div", { class: "terms", tabindex: "0", role: "region", "aria-label": "All terms" });
    this.element.append(this.back, this.body, this.said, this.more, this.table);
    this.draw = whenSeen(this.element, () => this.show());
    store.addEventListener("change", ({ detail }) => this.changed(detail));
  }

  get place() {
    const { pass, layer, node, t, unit } = this.store;
    return { layer, node, t, unit: pass.node(node)?.op === "input" ? this.feature : unit };
  }

  changed(names) {
    if (!this.going && ["layer", "unit", "node"].some((name) => names.includes(name))) {
      this.trail = []; // picked elsewhere
      this.said.textContent = "";
    }
    if (["pass", "recording", "layer", "t", "unit", "node"].some((name) => names.includes(name))) this.draw();
  }

  toggle() {
    this.all = !this.all;
    this.draw();
  }

  /** Go to a number: a value of the network is picked, an entry of a weight is offered for a change. */
  go(place) {
    const from = this.place;
    const input = this.store.pass.node(place.node)?.op === "input";
    if (place.node) {
      this.trail = [...this.trail, from].slice(-TRAIL);
      if (input) this.feature = place.unit;
      this.pick(place, input);
      this.body.focus({ preventScroll: true });
    }
    this.tell(place);
  }

  pick({ layer, node, t, unit }, input) {
    this.going = true;
    this.store.set({ layer, node, t, ...(input ? {} : { unit }) });
    this.going = false;
    this.draw();
  }

  tell(place) {
    const { pass } = this.store;
    const name = symbol(pass, place);
    this.said.textContent = place.weight ? `${name} is a weight: the same at every time step. It is offered under “Change a number”.` : "";
    this.store.dispatchEvent(new CustomEvent("place", { detail: place }));
  }

  return(k) {
    const place = this.trail[k];
    this.trail = this.trail.slice(0, k);
    const input = this.store.pass.node(place.node)?.op === "input";
    if (input) this.feature = place.unit;
    this.pick(place, input);
    this.tell(place);
    this.body.focus({ preventScroll: true });
  }

  show() {
    const { pass, original, node } = this.store;
    const found = pass.node(node);
    this.back.replaceChildren(
      ...this.trail.map((place, k) => button(symbol(pass, place), () => this.return(k), { class: "crumb" })),
    );
    this.back.hidden = this.trail.length === 0;
    this.more.hidden = this.table.hidden = true;
    if (!found) {
      this.body.replaceChildren(make("p", { class: "hint" }, "Pick a gate, a state or the input in the diagram."));
      return;
    }
    const place = this.place;
    if (found.op === "input") place.unit = Math.min(place.unit, pass.at(place.layer).D - 1);
    const before = original.node(node) ? original.at(place.layer).value(node, place.t, place.unit) : undefined;
    const value = pass.at(place.layer).value(node, place.t, place.unit);
    this.body.replaceChildren(this.head(place), ...this.sums(place), ...this.beside(before, value));
  }

  head({ layer, node, unit, t }) {
    const { recording, pass } = this.store;
    const { name, op } = pass.node(node);
    const what = op === "input" ? words(recording, "x") : name ? words(recording, name) : node;
    const one = op === "input" ? `entry ${unit}` : `unit ${unit}`;
    return make("p", { class: "words" }, `${what}, ${one}, time step ${t}, ${layerWords(recording.layers[layer])}`);
  }

  beside(before, value) {
    if (before === undefined || show(before, RESULT_DIGITS) === show(value, RESULT_DIGITS)) return [];
    return [make("p", { class: "before" }, `Without the changes: ${show(before, RESULT_DIGITS)}`)];
  }

  sums(place) {
    const { pass } = this.store;
    const { layer, node, unit, t } = place;
    const { op } = pass.node(node);
    const at = pass.at(layer);
    const name = make("span", { class: "name" }, symbol(pass, place));
    const value = at.value(node, t, unit);
    if (op === "input" || op === "previous") return this.given(place, name, value);
    const all = lines(pass, layer, node, t, unit);
    const digits = enoughDigits(all);
    const written = all.map((tree, k) => redone(tree, k === all.length - 1 ? RESULT_DIGITS : digits));
    const made = all.map((tree, k) => {
      const sign = relation(k ? written[k - 1] : all[0].value, written[k]);
      const last = k === all.length - 1;
      const content = this.write(tree, last ? RESULT_DIGITS : digits, last);
      return make("p", { class: last ? "line result" : "line" }, ...(k ? [] : [name]), make("i", {}, ` ${sign} `), ...content);
    });
    this.offerAll(all[0], digits);
    if (at.fixed(node, t, unit) === undefined) return made;
    const byHand = `${symbol(pass, place)} = ${show(value, RESULT_DIGITS)}, set by hand. Its formula would give:`;
    return [make("p", { class: "line result" }, byHand), ...made];
  }

  /** A number that this time step does not compute. */
  given({ layer, node, unit, t }, name, value) {
    const { pass, recording } = this.store;
    const from = (place) => make("p", { class: "line" }, "It is ", this.token(value, RESULT_DIGITS, place, symbol(pass, place)));
    const text = show(value, RESULT_DIGITS);
    const line = make("p", { class: "line result" }, name, make("i", {}, exact(value, read(text)) ? " = " : " ≈ "), text);
    const below = pass.layersBelow(layer);
    const { op, name: state } = pass.node(node);
    if (op === "previous") {
      const earlier = pass.at(layer).before(t);
      if (earlier < 0) return [line, make("p", { class: "hint" }, "The state before the first time step: where the layer starts.")];
      return [line, from({ layer, node: state, unit, t: earlier })];
    }
    if (below.length === 0) return [line, make("p", { class: "hint" }, `Given: what the network reads at time step ${t}.`)];
    return [line, from({ layer: below[Math.floor(unit / recording.H)], node: "h", unit: unit % recording.H, t })];
  }

  /** A number that can be clicked. text: another text than its digits. */
  token(value, digits, place, text = show(value, digits), label) {
    const { pass } = this.store;
    const name = place ? symbol(pass, place) : "";
    const title = [name && `${name} = ${show(value, 9)}`, label].filter(Boolean).join(", ");
    const made = place ? button(text, () => this.go(place), { class: "n" }) : make("span", { class: "n" }, text);
    if (title) made.title = made.ariaLabel = title;
    made.dataset.value = String(value);
    return label ? make("span", { class: "part" }, made, make("small", {}, label)) : made;
  }

  /** The texts and elements of a tree. */
  write(tree, digits, last) {
    const writer = new Writer(
      ({ value, place, label }, text) => this.token(value, digits, last ? null : place, text, PARTS[label]),
      digits,
      (rest, text) => this.rest(rest, text),
    );
    return writer.write(tree);
  }

  rest(count, text) {
    const open = button(text, () => this.toggle(), { class: "n rest", title: `${count} more terms, added up` });
    return make("span", { class: "part" }, open, make("small", {}, `${count} more`));
  }

  offerAll(tree, digits) {
    const dots = [];
    const collect = (one) => (one.kind === "dot" ? dots.push(one) : one.terms?.forEach(collect));
    collect(tree);
    if (dots.length === 0) return;
    const count = dots.reduce((sum, dot) => sum + dot.terms.length, 0);
    this.more.hidden = false;
    this.more.textContent = this.all ? "Hide the terms" : `All ${count} terms`;
    this.more.ariaExpanded = String(this.all);
    this.table.hidden = !this.all;
    if (this.all) this.table.replaceChildren(...dots.map((dot) => this.tableOf(dot, digits)));
  }

  tableOf(dot, digits) {
    const cells = (...content) => make("tr", {}, ...content.map((one) => make("td", {}, one)));
    const rows = largest(dot).sorted.map(([weight, value]) => {
      const name = make("th", { scope: "row" }, symbol(this.store.pass, weight.place));
      const row = cells(this.token(weight.value, digits, weight.place), this.token(value.value, digits, value.place), show(weight.value * value.value, digits));
      row.prepend(name);
      return row;
    });
    const head = make("tr", {}, ...["", "weight", "value", "product"].map((text) => make("th", { scope: "col" }, text)));
    const sum = make("tr", {}, make("th", { scope: "row" }, "sum"), make("td"), make("td"), make("td", {}, show(dot.value, digits)));
    return make("table", {}, make("caption", {}, PARTS[dot.part]), make("thead", {}, head), make("tbody", {}, ...rows), make("tfoot", {}, sum));
  }
}
