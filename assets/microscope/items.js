// The boxes, circles and ends of the diagram. Built once for a recording; `show` only writes texts and styles.

import { show } from "../rnnviz.plot/numbers.js";
import { drawn } from "./symbols.js";

const SVG = "http://www.w3.org/2000/svg";
export const PART = 16; // pixels that each line of an opened box takes
export const WIDER = 14; // and how much wider it is
const DIGITS = 3;
const SHORT = 6; // letters, for which there is room beside others

export function make(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** How many lines a box has when it is opened. */
export const linesOf = ({ parts, sign }) => parts.length + (sign === "Σ" ? 0 : 1);

/** A number on the page: what it is of stands in its data, and clicking it asks for its arithmetic. */
class Shown {
  constructor(id, attributes) {
    this.id = id;
    this.element = make("text", { class: "number", "data-node": id, ...attributes });
  }

  show(value, index, t) {
    this.element.textContent = show(value, DIGITS);
    this.element.dataset.unit = index;
    this.element.dataset.time = t;
    this.element.classList.toggle("bad", !Number.isFinite(value));
  }
}

/** One item of the layout. bounds: of its value, or null. lines: how many it shows, 0 while closed; grown: pixels. */
export class Item {
  constructor(item, symbols, colour, bounds, lines, grown) {
    Object.assign(this, item, { bounds, lines, height: item.height + grown, width: item.width + (lines && WIDER) });
    this.element = make("g", {
      class: `item ${item.kind}`,
      role: "button",
      tabindex: -1,
      "data-key": item.key,
      "data-node": item.id,
      transform: `translate(${item.x}, ${item.y})`,
    });
    this.element.style.setProperty("--quantity", colour(item.id));
    this.numbers = [];
    if (item.kind === "circle") this.drawCircle();
    else this.drawBox(symbols, colour);
  }

  drawCircle() {
    const long = this.sign.length > 2;
    this.value = new Shown(this.id, { x: 13, y: 30 });
    this.element.append(
      make("circle", { class: "body", r: 17 }),
      make("text", { class: long ? "sign long" : "sign", y: long ? 4 : 6.5 }, this.sign),
      this.value.element,
    );
  }

  /** From the top: letter and activation, the parts where it is opened, the number, the strip. */
  drawBox(symbols, colour) {
    const [left, top] = [-this.width / 2, -this.height / 2];
    const end = this.kind !== "box";
    const body = make("rect", { class: "body", x: left, y: top, width: this.width, height: this.height, rx: end ? 12 : 8 });
    const name = end ? symbols.name(this.id) : this.title(symbols);
    const letter = make("text", { class: "letter", x: left + 9, y: top + 18 }, ...drawn(name));
    this.value = new Shown(this.id, end ? { x: -left - 8, y: top + 18, class: "number end" } : { y: top + this.height - 28, class: "number large" });
    this.strip = { x: this.x + left + 9, y: this.y + top + this.height - 19, width: this.width - 18, height: 10 };
    const cover = make("rect", { class: "strip", x: left + 9, y: top + this.height - 23, width: this.width - 18, height: 18 });
    const beside = this.kind === "input"; // nothing stands there, and below it the picture ends
    this.was = make("text", {
      class: "was",
      x: beside ? 6 - left : -left - 6,
      y: end && !beside ? top + this.height + 11 : top + 18,
      "text-anchor": beside ? "start" : "end",
    });
    if (!end && !symbols.byId.get(this.id).name) this.was = null; // its title is too long for both
    this.element.append(body);
    if (!end) {
      this.level = make("rect", { class: "level", x: left + 1.5, y: top + 1.5, width: this.width - 3, height: this.height - 3, rx: 7 });
      this.element.append(this.level, make("text", { class: this.was ? "sign" : "sign kept", x: -left - 9, y: top + 18, "text-anchor": "end" }, this.sign));
    }
    this.which = make("text", { class: "which", x: left + 24, y: top + 18 });
    this.element.append(letter, this.which, this.value.element, this.was ?? "", cover);
    this.cover = cover;
    for (let k = 0; k < this.lines; k++) this.drawPart(this.lineAt(k, symbols), k, symbols, colour, left, top);
  }

  title(symbols) {
    const node = symbols.byId.get(this.id);
    return node.name ? symbols.name(this.id) : [{ text: "W", sub: symbols.index(symbols.byId.get(this.parts[0].id)) }, { text: " h + b" }];
  }

  /** What is written in line k of an opened box: its parts, then their sum where it is squashed. */
  lineAt(k, symbols) {
    const part = this.parts[k];
    if (!part) return { id: symbols.byId.get(this.id).args[0], tokens: [{ text: "sum" }] };
    const tokens = symbols.name(part.id);
    const [first, second, third] = tokens; // W, a space, and x or h; what is longer has a circle of its own
    const short = tokens.length > 3 ? [first, { text: `${second.text}…` }] : third ? [first, second, { text: third.text }] : tokens;
    return { id: part.id, tokens: part.minus ? [{ text: "− " }, ...short] : short };
  }

  drawPart({ id, tokens }, k, symbols, colour, left, top) {
    const y = top + 36 + k * PART;
    const value = new Shown(id, { x: -left - 8, y, "text-anchor": "end" });
    const words = make("text", { class: "part", "data-node": id, x: left + 9, y }, ...drawn(tokens));
    words.style.fill = colour(id);
    this.numbers.push(value);
    this.element.append(words, value.element);
  }

  /** values: id -> numbers at time step t. before: the same as recorded, where something was edited; else null. */
  show(values, before, unit, t) {
    const own = values.get(this.id);
    const index = this.kind === "input" ? feature(own) : Math.min(unit, own.length - 1);
    this.value.show(own[index], index, t);
    for (const part of this.numbers) part.show(values.get(part.id)[index], index, t);
    if (this.kind === "input") this.which.textContent = own.length > 1 ? `[${index}] ${this.label(index).length > SHORT ? "" : this.label(index)}` : "";
    if (this.level) this.fill(own[index]);
    const old = before?.get(this.id)?.[index];
    const changed = old !== undefined && Math.fround(old) !== Math.fround(own[index]);
    this.element.classList.toggle("changed", changed);
    if (!this.was) return;
    const recorded = show(old ?? 0, DIGITS);
    this.was.textContent = changed ? `${recorded.length > SHORT + 1 ? "" : "was "}${recorded}` : "";
  }

  /** How full a box is: from the bottom for a gate between 0 and 1, from the middle for what has a sign. */
  fill(value) {
    const room = this.height - 3;
    const size = Number.isFinite(value) ? Math.abs(value) : 0;
    const share = this.bounds ? Math.min(1, size / this.bounds[1]) : size / (1 + size);
    const signed = this.bounds?.[0] !== 0;
    const height = signed ? (share * room) / 2 : share * room;
    const zero = signed ? 0 : room / 2;
    this.level.setAttribute("y", value < 0 ? zero : zero - height);
    this.level.setAttribute("height", height);
  }
}

/** The input feature whose value is largest: the one that is written where there are several. */
export function feature(values) {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (Math.abs(values[k]) > Math.abs(values[best])) best = k;
  return best;
}
