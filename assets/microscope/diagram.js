// The picture of the cell at one time step. Built once for a recording; while time runs only texts and styles change.

import { Item, linesOf, make, PART, WIDER } from "./items.js";
import { Symbols } from "./symbols.js";
import { fresh, largest, Scale, strip } from "./vectors.js";
import { Tip } from "./tip.js";

const PAD = 10;
const LARGEST = 1.1; // of what the layout says
const smallest = (room) => (room < 600 ? 0.95 : 0.74); // below, one scrolls

let frames = 0;

/** A line through points with round corners. */
function path(points, radius = 9) {
  const steps = points.map(([x, y], k) => {
    const [before, after] = [points[k - 1], points[k + 1]];
    if (!before) return `M${x} ${y}`;
    if (!after) return `L${x} ${y}`;
    const reach = (to) => Math.min(radius, Math.hypot(to[0] - x, to[1] - y) / 2);
    const toward = (to) => [x + Math.sign(to[0] - x) * reach(to), y + Math.sign(to[1] - y) * reach(to)];
    return `L${toward(before).join(" ")}Q${x} ${y} ${toward(after).join(" ")}`;
  });
  return steps.join("");
}

export class Diagram {
  constructor(store) {
    this.store = store;
    this.opened = new Set();
    this.clip = `rnnviz-frame-${++frames}`;
    this.element = document.createElement("div");
    this.element.className = "diagram";
    this.scroller = document.createElement("div");
    this.scroller.className = "diagram-scroll";
    this.room = document.createElement("div");
    this.room.className = "diagram-room";
    this.canvas = document.createElement("canvas");
    this.tip = new Tip(store, this.element);
    this.scroller.append(this.room);
    this.element.append(this.scroller, this.tip.element);
    this.items = [];
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.element);
    this.room.addEventListener("click", (event) => this.clicked(event));
    this.room.addEventListener("pointermove", (event) => this.pointed(event));
    this.room.addEventListener("pointerleave", () => this.tip.hide());
    this.room.addEventListener("focusin", (event) => this.rove(event.target));
  }

  /** Draw the cell anew: for a new recording, another formula, an opened box or another theme. */
  build() {
    const { recording, layer, pass } = this.store;
    const { header } = recording;
    this.scale = new Scale(header, this.element);
    this.symbols = new Symbols(pass.description, recording.layers[layer].reverse);
    const drawing = header.layouts[pass.description.cell];
    const lines = new Map(drawing.items.map((item) => [item.key, this.opened.has(item.key) ? linesOf(item) : 0]));
    const grown = new Map(); // lower edge of a row of boxes -> by how much it moves down when they are opened
    for (const { key, kind, y, height } of drawing.items) {
      if (kind === "box") grown.set(y + height / 2, Math.max(grown.get(y + height / 2) ?? 0, lines.get(key) * PART));
    }
    const moved = (y) => [...grown].reduce((sum, [edge, more]) => sum + (y >= edge ? more : 0), y);
    this.size = [drawing.width + 2 * PAD, moved(drawing.height) + 2 * PAD];
    const colour = (id) => this.scale.colour(id);
    this.items = drawing.items.map((item) => {
      const count = lines.get(item.key);
      const [top, bottom] = [item.y - item.height / 2, item.y + item.height / 2].map(moved);
      const bounds = header.bounds[this.symbols.byId.get(item.id).name || item.id] ?? null;
      const grows = bottom - top - item.height;
      const label = (index) => recording.label(layer, index);
      return new Item({ ...item, label, y: (top + bottom) / 2 }, this.symbols, colour, bounds, count, grows);
    });
    this.byKey = new Map(this.items.map((item) => [item.key, item]));
    this.wires = this.draw(drawing.wires, moved, colour);
    const [x, y, width, height] = drawing.frame;
    const frame = make("rect", { class: "frame", x, y, width, height: moved(y + height) - y, rx: 18 });
    this.svg = make(
      "svg",
      { role: "group", "aria-roledescription": "diagram", viewBox: [-PAD, -PAD, ...this.size].join(" ") },
      make("clipPath", { id: this.clip }, make("rect", { x, y, width, height: moved(y + height) - y })),
      frame, ...this.wires.map(({ element }) => element), ...this.items.map(({ element }) => element),
    );
    this.svg.ariaLabel = `${pass.description.label}, one time step. Arrow keys move between its parts.`;
    this.room.replaceChildren(this.svg, this.canvas);
    this.most = new Map();
    this.current = this.byKey.get(this.current?.key) ?? this.items[0];
    this.current.element.tabIndex = 0;
    this.fit();
  }

  /** All wires of one source are one group: they carry the same vector. */
  draw(wires, moved, colour) {
    return [...new Set(wires.map(({ source }) => source))].map((source) => {
      const own = wires.filter((wire) => wire.source === source);
      const ways = own.map(({ points, target }) => path(this.trimmed(points.map(([x, y]) => [x, moved(y)]), target)));
      const strokes = ways.map((d, k) => make("path", { class: "wire", d, "data-from": source, "data-to": own[k].target }));
      const heads = own.map(({ points, target }) => this.head(this.trimmed(points.map(([x, y]) => [x, moved(y)]), target)));
      const element = make("g", { class: "wires", "data-node": own[0].id }, ...ways.map((d) => make("path", { class: "casing", d, "clip-path": `url(#${this.clip})` })), ...strokes, ...heads);
      element.style.setProperty("--quantity", colour(own[0].id));
      return { id: own[0].id, kind: this.byKey.get(source).kind, element };
    });
  }

  /** Up to the rim of what the wire leads to, with room for the arrow head. */
  trimmed(points, target) {
    const [[fromX, fromY], [x, y]] = points.slice(-2);
    const { kind, lines } = this.byKey.get(target);
    const back = 5 + (kind === "circle" ? 17 : 0) + (lines && y === fromY ? WIDER / 2 : 0);
    return [...points.slice(0, -1), [x - Math.sign(x - fromX) * back, y - Math.sign(y - fromY) * back]];
  }

  head(points) {
    const [[fromX, fromY], [x, y]] = points.slice(-2);
    const angle = (Math.atan2(y - fromY, x - fromX) * 180) / Math.PI;
    return make("path", { class: "head", d: "M-3 -4.5L5 0L-3 4.5Z", transform: `translate(${x}, ${y}) rotate(${angle})` });
  }

  fit() {
    if (!this.svg || !this.element.clientWidth) return;
    const room = this.element.clientWidth;
    this.ratio = Math.min(LARGEST, Math.max(smallest(room), room / this.size[0]));
    const [width, height] = this.size.map((side) => Math.round(side * this.ratio));
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    this.room.style.width = `${width}px`;
    this.show();
  }

  /** Write the numbers of the time step. */
  show() {
    const { pass, original, layer, unit, t, recording } = this.store;
    if (!this.svg || recording.T === 0) return;
    const values = (this.values = pass.nodes(layer, t));
    const before = pass === original ? null : original.nodes(layer, t);
    const [width, height] = this.size.map((side) => Math.round(side * this.ratio));
    const context = fresh(this.canvas, width, height);
    context.scale(this.ratio, this.ratio);
    context.translate(PAD, PAD);
    for (const item of this.items) {
      item.show(values, before, unit, t);
      if (!item.strip) continue;
      const colour = this.scale.of(item.id, item.bounds, this.largest(item));
      strip(context, values.get(item.id), item.strip, colour, Number(item.value.element.dataset.unit), this.scale.ink);
      this.describe(item);
    }
    for (const { id, kind, element } of this.wires) {
      const own = values.get(id);
      const size = Math.abs(own[kind === "input" ? 0 : unit]);
      const share = Number.isFinite(size) ? size / (0.5 + size) : 1;
      element.style.setProperty("--width", own.length > 1 && kind === "input" ? 2 : (1.4 + 4.6 * share).toFixed(2));
    }
    if (!this.tip.element.hidden) this.pointed(this.pointer); // what it says is of this time step
  }

  /** The largest size that an unbounded quantity has over the recording, so that its colours stay as time runs. */
  largest({ id, kind }) {
    if (!this.most.has(id)) {
      const { recording, layer } = this.store;
      const name = this.symbols.byId.get(id).name;
      const array = kind === "input" ? recording.layers[layer].get("input") : recording.layers[layer].get(`state/${name}`);
      this.most.set(id, array ? largest(array.data) : 0);
    }
    return this.most.get(id) || largest(this.values.get(id));
  }

  describe(item) {
    const node = this.symbols.byId.get(item.id);
    const words = this.store.recording.header.words[node.name || item.id]?.label ?? "";
    const what = item.kind === "previous" ? `previous ${words}` : item.kind === "next" ? `new ${words}` : words;
    item.element.setAttribute("aria-label", `${what} ${this.symbols.text(item.id)}: ${item.value.element.textContent}`);
  }

  itemAt(target) {
    return this.byKey?.get(target.closest?.("[data-key]")?.dataset.key);
  }

  unitAt(item, event) {
    const box = item.cover.getBoundingClientRect();
    const count = this.values.get(item.id).length;
    return Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * count)));
  }

  clicked(event) {
    const item = this.itemAt(event.target);
    const wire = event.target.closest(".wires");
    if (wire) this.store.set({ node: wire.dataset.node });
    if (!item) return;
    if (event.target === item.cover && item.kind !== "input") this.store.set({ unit: this.unitAt(item, event) });
    else this.pick(item, !event.target.closest(".number, .part"));
  }

  /** Pick a node, and open or close its box, together with those beside it. */
  pick(item, open = true) {
    this.store.set({ node: item.id });
    if (!open || item.kind !== "box") return;
    const shut = this.opened.has(item.key);
    for (const { kind, key, y } of this.items) {
      if (kind === "box" && y === item.y) this.opened[shut ? "delete" : "add"](key);
    }
    this.current = item;
    this.build();
    if (this.room.contains(document.activeElement) || document.activeElement === document.body) this.current.element.focus();
  }

  pointed(event) {
    this.pointer = event;
    const item = this.itemAt(event.target);
    if (!item || event.pointerType === "touch") return this.tip.hide();
    const within = event.target === item.cover ? this.unitAt(item, event) : null;
    this.tip.show(item, this.values.get(item.id), within ?? Number(item.value.element.dataset.unit), event, this);
  }

  rove(target) {
    const item = this.itemAt(target);
    if (!item) return;
    this.current.element.tabIndex = -1;
    this.current = item;
    item.element.tabIndex = 0;
  }

  /** Move the focus to the nearest item in a direction: [1, 0] is to the right. */
  move([dx, dy]) {
    const { x, y } = this.current;
    const ahead = this.items.filter((item) => (item.x - x) * dx + (item.y - y) * dy > 4);
    const far = (item) => Math.abs(item.x - x) * (dx ? 1 : 2.5) + Math.abs(item.y - y) * (dy ? 1 : 2.5);
    ahead.sort((a, b) => far(a) - far(b))[0]?.element.focus();
  }

  close() {
    this.resized.disconnect();
  }
}
