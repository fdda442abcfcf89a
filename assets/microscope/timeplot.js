// Curves and areas over time on a canvas. The time cursor is an element of its own, so that moving it draws nothing.

import { show } from "../rnnviz.plot/numbers.js";
import { make } from "./panel.js";

const LEFT = 46; // pixels for the numbers beside the axis
const GAP = 22; // between two rows, for the title of the lower one
const BAD = "#FF1FC7"; // NaN or infinite, as in every figure

/** The finite range of some arrays, zero in it and never empty. */
export function rangeOf(...arrays) {
  let [low, high] = [0, 0];
  for (const array of arrays) {
    for (const value of array) {
      if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  return low === high ? [low, low + 1] : [low, high];
}

/**
 * A plot with rows one above the other. show({ T, rows, tell, summary }) draws: rows of { height, title, range, paint },
 * where paint(pen) draws with the pen's `x(t)`, `slot` (pixels of a time step), `y(value)`, `line`, `bar` and `ink`.
 * tell(t): the sentence for a time step. summary: what the picture shows, in words. Arrow keys and a click move the
 * time; the sentence follows the pointer, or else the time.
 */
export class TimePlot {
  constructor(store, label) {
    this.store = store;
    this.canvas = make("canvas");
    this.cursor = make("i", { class: "cursor" });
    this.frame = make("div", { class: "frame", role: "slider", tabindex: "0", "aria-label": label, "aria-valuemin": "0" }, this.canvas, this.cursor);
    this.said = make("p", { class: "reading" });
    this.summary = make("p", { class: "unseen" });
    this.element = make("div", { class: "timeplot" }, this.frame, this.said, this.summary);
    this.hovered = null;
    this.frame.addEventListener("pointermove", (event) => this.hover(this.timeAt(event)));
    this.frame.addEventListener("pointerleave", () => this.hover(null));
    this.frame.addEventListener("click", (event) => this.move(this.timeAt(event)));
    this.frame.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("transitionend", () => this.draw()); // its colour is that of the page's text
    new ResizeObserver(() => this.draw()).observe(this.frame);
    store.addEventListener("change", ({ detail }) => detail.includes("t") && this.follow());
  }

  show(content) {
    this.content = content;
    this.frame.style.height = `${content.rows.reduce((sum, { height }) => sum + height + GAP, 0) + 16}px`;
    this.frame.ariaValueMax = String(content.T - 1);
    this.summary.textContent = content.summary;
    this.draw();
  }

  timeAt(event) {
    const { left, width } = this.frame.getBoundingClientRect();
    const t = Math.floor(((event.clientX - left - LEFT) / (width - LEFT)) * this.content.T);
    return t >= 0 && t < this.content.T ? t : null;
  }

  hover(t) {
    if (t === this.hovered) return;
    this.hovered = t;
    this.follow();
  }

  move(t) {
    if (t !== null) this.store.set({ t: Math.min(Math.max(t, 0), this.content.T - 1) });
  }

  key(event) {
    const last = this.content.T - 1;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -last, End: last };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(this.store.t + steps[event.key]);
  }

  follow() {
    if (!this.content) return;
    const { tell, T } = this.content;
    const { t } = this.store;
    const slot = (this.frame.clientWidth - LEFT) / T;
    this.cursor.style.transform = `translateX(${LEFT + (t + 0.5) * slot}px)`;
    this.frame.ariaValueNow = String(t);
    this.frame.ariaValueText = tell(t);
    this.said.textContent = tell(this.hovered ?? t);
    this.said.classList.toggle("hovered", this.hovered !== null && this.hovered !== t);
  }

  draw() {
    const [width, height] = [this.frame.clientWidth, this.frame.clientHeight];
    if (!this.content || width <= LEFT) return;
    const ratio = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [width * ratio, height * ratio];
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(this.canvas);
    const ink = style.color;
    context.font = `12px ${style.fontFamily}`;
    let top = GAP;
    for (const row of this.content.rows) {
      const pen = new Pen(context, { top, width, height: row.height, T: this.content.T, range: row.range, ink });
      pen.axis(row.title);
      row.paint(pen);
      top += row.height + GAP;
    }
    context.fillStyle = ink;
    context.globalAlpha = 0.75;
    context.textBaseline = "top";
    context.textAlign = "left";
    context.fillText("0", LEFT, top - GAP + 3);
    context.textAlign = "right";
    context.fillText(`time step ${this.content.T - 1}`, width, top - GAP + 3);
    context.globalAlpha = 1;
    this.follow();
  }
}

/** Draws into one row. */
class Pen {
  constructor(context, { top, width, height, T, range, ink }) {
    Object.assign(this, { context, top, width, height, T, range, ink });
    this.light = Number(/\d+/.exec(ink)?.[0]) < 128;
    this.slot = (width - LEFT) / T;
  }

  x(t) {
    return LEFT + (t + 0.5) * this.slot;
  }

  y(value) {
    const [low, high] = this.range;
    return this.top + this.height * (1 - (Math.min(Math.max(value, low), high) - low) / (high - low));
  }

  axis(title) {
    const { context, range } = this;
    const [low, high] = range;
    Object.assign(context, { fillStyle: this.ink, strokeStyle: this.ink, lineWidth: 1, textAlign: "left", textBaseline: "alphabetic" });
    context.fillText(title, LEFT, this.top - 6);
    context.textAlign = "right";
    context.textBaseline = "middle";
    const near = (a, b) => Math.abs(this.y(a) - this.y(b)) < 14;
    for (const mark of new Set([low, high, 0])) {
      if (mark < low || mark > high || (mark === 0 && [low, high].some((end) => end !== 0 && near(end, 0)))) continue;
      context.globalAlpha = 0.75;
      context.fillText(show(mark, 3), LEFT - 6, this.y(mark));
      context.globalAlpha = mark === 0 ? 0.45 : 0.15;
      context.fillRect(LEFT, Math.round(this.y(mark)), this.width - LEFT, 1);
    }
    context.globalAlpha = 1;
  }

  /** A filled piece of one time step, between two values. */
  bar(t, from, to, fill) {
    const left = Math.floor(LEFT + t * this.slot);
    const right = Math.max(Math.floor(LEFT + (t + 1) * this.slot), left + 1);
    this.context.fillStyle = fill;
    const [a, b] = [this.y(from), this.y(to)];
    this.context.fillRect(left, Math.min(a, b), right - left, Math.abs(a - b));
  }

  /** A line through the values of every time step; those that are no numbers are marked at the top. */
  line(values, colour, width = 1.5) {
    const { context } = this;
    Object.assign(context, { strokeStyle: colour ?? this.ink, lineWidth: width, lineJoin: "round" });
    context.beginPath();
    let drawn = false;
    for (let t = 0; t < this.T; t++) {
      if (!Number.isFinite(values[t])) {
        drawn = false;
        this.bad(t);
      } else if (drawn) context.lineTo(this.x(t), this.y(values[t]));
      else {
        context.moveTo(this.x(t), this.y(values[t]));
        drawn = true;
        if (this.T === 1 || !Number.isFinite(values[t + 1])) context.lineTo(this.x(t) + 1.5, this.y(values[t]));
      }
    }
    context.stroke();
  }

  bad(t) {
    this.context.fillStyle = BAD;
    this.context.fillRect(this.x(t) - 2, this.top, 4, 6);
  }
}
