// Change a number by hand, and see what the network makes of it.

import { Effect } from "./effect.js";
import { Pass } from "./forward.js";
import { show } from "../rnnviz.plot/numbers.js";
import { button, make, panel, whenSeen } from "./panel.js";
import { editOf, keyOf, nameOf, offers, spanOf, valueOf } from "./places.js";

const DIGITS = 6;
const TICKS = 400; // positions of the slider

/** A number as it was typed, or what is wrong with it. */
export function parse(text) {
  const typed = text.trim();
  if (typed === "") return { wrong: "Type a number, such as 0.5 or 1e30." };
  if (/^[+-]?\d+,\d+$/.test(typed)) return { wrong: `“${typed}” has a comma. Write it with a point: ${typed.replace(",", ".")}.` };
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(typed) ? Number(typed) : NaN;
  if (Number.isNaN(value)) return { wrong: `“${typed}” is no number. Type one such as 0.5, -2 or 1e30.` };
  if (!Number.isFinite(value)) return { wrong: `“${typed}” is too large: the largest number there is here is 1.8e308.` };
  return { value };
}

export class Edits {
  constructor(store) {
    this.store = store;
    this.edits = [];
    this.past = [];
    this.picked = null;
    this.chosen = 0;
    this.element = panel("Change a number", "edits");
    this.choice = make("select", { "aria-label": "What to change", onchange: () => this.choose(this.choice.selectedIndex) });
    this.field = make("input", { type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false", "aria-label": "New value", oninput: () => this.typed(), onchange: () => (this.last = null) });
    this.slider = make("input", { type: "range", min: 0, max: TICKS, "aria-label": "New value, slider", oninput: () => this.slid(), onchange: () => (this.last = null) });
    this.wrong = make("p", { class: "wrong", role: "alert" });
    this.formula = make("select", { onchange: () => this.useFormula(this.formula.value) });
    this.formulaRow = make("label", { class: "same-weights" }, make("span", {}, "Without training again: these weights in a"), this.formula);
    this.list = make("ul", { "aria-label": "Changes in force" });
    this.undoButton = button("Undo", () => this.undo());
    this.clearButton = button("Remove all", () => this.apply([]));
    this.holdButton = button("Original (hold)", () => {}, { title: "Shows the recorded numbers while you hold it", "aria-pressed": "false" });
    this.effect = new Effect(store);
    const tools = make("div", { class: "tools" }, this.undoButton, this.clearButton, this.holdButton);
    const row = make("div", { class: "change" }, this.choice, this.field, this.slider);
    this.element.append(row, this.wrong, this.formulaRow, this.list, tools, this.effect.element);
    this.draw = whenSeen(this.element, () => this.show());
    this.listen();
  }

  listen() {
    const { store, holdButton } = this;
    store.addEventListener("change", ({ detail }) => this.changed(detail));
    store.addEventListener("place", ({ detail }) => {
      this.picked = detail;
      this.chosen = 0;
      this.draw();
    });
    for (const name of ["pointerdown", "keydown"]) {
      holdButton.addEventListener(name, (event) => (name === "pointerdown" || [" ", "Enter"].includes(event.key)) && this.hold(true));
    }
    for (const name of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) {
      holdButton.addEventListener(name, () => this.hold(false));
    }
  }

  changed(names) {
    if (names.includes("recording")) this.anew();
    const moved = ["layer", "t", "unit", "node"].some((name) => names.includes(name));
    if (moved) {
      const { layer, node, t, unit } = this.store;
      const another = names.includes("node") || names.includes("layer");
      const entry = this.store.pass.node(node)?.op === "input" ? (this.picked?.node === node ? this.picked.unit : 0) : unit;
      if (another || !this.picked?.weight) this.picked = node ? { layer, node, t, unit: entry } : null; // a weight stays
      if (another) this.chosen = 0;
    }
    if (["layer", "unit", "node", "recording"].some((name) => names.includes(name))) this.draw();
    else if (moved) this.drawTime();
  }

  /** Another recording: the changes are made in it too, where it is of the same kind and size. */
  anew() {
    const { recording } = this.store;
    const shape = ({ T, H, layers, header }) => [T, H, layers.length, header.description.cell].join();
    if (this.shape && this.shape !== shape(recording)) [this.edits, this.past] = [[], []];
    this.shape = shape(recording);
    this.edited = null;
    if (this.edits.length) this.store.set({ pass: this.pass });
  }

  /** The Pass with the changes. */
  get pass() {
    if (this.edits.length === 0) return this.store.original;
    return (this.edited ??= Pass.edited(this.store.recording, this.edits));
  }

  apply(edits, key = null) {
    if (key === null || key !== this.last) this.past.push(this.edits);
    this.last = key;
    this.edits = edits;
    this.edited = null;
    this.store.set({ pass: this.pass });
    this.typing = key !== null;
    this.draw();
    this.typing = false;
  }

  undo() {
    if (this.past.length === 0) return;
    const before = this.past.pop();
    this.apply(before);
    this.past.pop();
    this.draw();
  }

  hold(yes) {
    if (this.held === yes) return;
    this.held = yes;
    this.holdButton.ariaPressed = String(yes);
    this.store.set({ pass: yes ? this.store.original : this.pass });
  }

  choose(position) {
    this.chosen = position;
    this.draw();
  }

  useFormula(cell) {
    const others = this.edits.filter(({ kind }) => kind !== "formula");
    const own = cell === this.store.recording.header.description.cell;
    this.apply(own ? others : [...others, { kind: "formula", cell }]);
  }

  put(value) {
    const { edit } = this;
    this.apply([...this.edits.filter((other) => keyOf(other) !== keyOf(edit)), { ...edit, value }], keyOf(edit));
  }

  typed() {
    const { value, wrong } = parse(this.field.value);
    this.say(wrong);
    if (wrong) return;
    this.put(value);
    this.moveSlider(value);
  }

  slid() {
    const [low, high] = this.span;
    const value = Number((low + ((high - low) * this.slider.value) / TICKS).toPrecision(4));
    this.field.value = String(value);
    this.say();
    this.put(value);
  }

  say(wrong = "") {
    this.wrong.textContent = wrong;
    this.field.setAttribute("aria-invalid", String(Boolean(wrong)));
  }

  moveSlider(value) {
    const [low, high] = this.span;
    this.slider.value = Math.round(((value - low) / (high - low)) * TICKS);
    this.slider.ariaValueText = show(value);
  }

  show() {
    if (!this.typing) this.drawChoice();
    this.drawFormula();
    this.list.replaceChildren(...this.edits.map((edit) => this.item(edit)));
    this.list.hidden = this.edits.length === 0;
    this.undoButton.disabled = this.past.length === 0;
    this.clearButton.disabled = this.holdButton.disabled = this.edits.length === 0;
    this.effect.draw(this.pass);
  }

  /** Nothing but the time is another. */
  drawTime() {
    if (this.element.offsetWidth === 0) return;
    this.drawChoice();
    this.effect.sayOutputs(this.pass);
  }

  drawChoice() {
    const { store } = this;
    const groups = offers({ ...this.looking, pass: this.pass }, this.picked);
    const all = groups.flatMap(([, edits]) => edits);
    this.edit = all[this.chosen] ?? all[0];
    const option = (edit) => make("option", { value: keyOf(edit) }, nameOf(this.pass, edit));
    this.choice.replaceChildren(...groups.map(([label, edits]) => make("optgroup", { label }, ...edits.map(option))));
    this.choice.value = keyOf(this.edit);
    this.span = spanOf(store.original, this.edit);
    const wrong = this.field.getAttribute("aria-invalid") === "true";
    if (wrong && (this.field.matches(":focus") || keyOf(this.edit) === this.shown)) return; // what was typed stays
    this.shown = keyOf(this.edit);
    const value = valueOf(this.pass, this.edit, store);
    this.field.value = String(Number(value.toPrecision(DIGITS)));
    this.say();
    this.moveSlider(value);
  }

  get looking() {
    const { layer, t, unit } = this.store;
    return { layer, t, unit };
  }

  drawFormula() {
    const { description, variants = [] } = this.store.recording.header;
    this.formulaRow.hidden = variants.length === 0;
    this.formula.replaceChildren(...[description, ...variants].map(({ cell, label }) => make("option", { value: cell }, label)));
    this.formula.value = this.pass.description.cell;
  }

  item(edit) {
    const { recording, original } = this.store;
    const label = recording.header.variants?.find(({ cell }) => cell === edit.cell)?.label;
    const before = edit.kind === "formula" ? recording.header.description.label : show(valueOf(original, edit, this.store));
    const all = edit.kind === "clamp" ? "" : `${before} → `;
    const name = nameOf(this.pass, edit);
    const text = make("span", {}, `${name}: ${all}${label ?? show(edit.value)}`);
    const remove = button("Remove", () => this.apply(this.edits.filter((other) => other !== edit)), { "aria-label": `Remove: ${name}` });
    return make("li", {}, text, remove);
  }
}
