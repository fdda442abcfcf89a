// Drawing on a canvas in the page's colours, a little shorter than the canvas itself has it.

import { readTheme } from "../rnnviz.plot/theme.js";

const mixer = document.createElement("canvas").getContext("2d");

function channels(colour) {
  mixer.fillStyle = "#808080";
  mixer.fillStyle = colour; // reads back as #rrggbb
  return [1, 3, 5].map((k) => parseInt(mixer.fillStyle.slice(k, k + 2), 16));
}

export class Pen {
  /** context: of a canvas whose unit is a CSS pixel; element: whose theme it follows. */
  constructor(context, element) {
    this.context = context;
    Object.assign(this, readTheme(element)); // ink, paper, soft, font, light
    this.accent = getComputedStyle(element).getPropertyValue("--st-primary-color").trim() || "#4b45c6";
    this.wrong = getComputedStyle(element).getPropertyValue("--st-red-text-color").trim() || "#b3302c";
    this.parts = { ink: channels(this.ink), paper: channels(this.paper), shades: [] };
  }

  /** The colour of a state's curves: "ink" where it has none of its own. */
  of(colour) {
    return colour === "#808080" ? this.ink : colour;
  }

  /** From the page's background (0) to its ink (1). */
  shade(share) {
    const { ink, paper, shades } = this.parts;
    const step = Math.round(100 * share);
    shades[step] ??= `rgb(${paper.map((part, k) => Math.round(part + (ink[k] - part) * step / 100)).join(", ")})`;
    return shades[step];
  }

  /** style: { colour, width, alpha, dash }. */
  path(draw, { colour = this.ink, width = 1, alpha = 1, dash = [], fill = null, cap = "butt" } = {}) {
    if (alpha <= 0) return;
    const { context } = this;
    context.globalAlpha = alpha;
    context.beginPath();
    draw(context);
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (width > 0) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.lineCap = cap;
      if (dash.length) context.setLineDash(dash);
      context.stroke();
      if (dash.length) context.setLineDash([]);
    }
    context.globalAlpha = 1;
  }

  line(x1, y1, x2, y2, style) {
    this.path((context) => {
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
    }, style);
  }

  box(x, y, width, height, radius, style) {
    this.path((context) => {
      if (radius === 0) context.rect(x, y, width, height);
      else context.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
    }, style);
  }

  /** A filled arrow head at (x, y) that points along (dx, dy). */
  head(x, y, dx, dy, { colour = this.ink, alpha = 1, size = 5 } = {}) {
    const length = Math.hypot(dx, dy) || 1;
    const [u, v] = [dx / length, dy / length];
    this.path((context) => {
      context.moveTo(x, y);
      context.lineTo(x - size * u + 0.6 * size * v, y - size * v - 0.6 * size * u);
      context.lineTo(x - size * u - 0.6 * size * v, y - size * v + 0.6 * size * u);
      context.closePath();
    }, { width: 0, fill: colour, alpha });
  }

  text(words, x, y, { size = 12, colour = this.ink, alpha = 1, align = "center", weight = 400, mono = false } = {}) {
    if (alpha <= 0) return;
    const { context } = this;
    context.globalAlpha = alpha;
    this.setFont(size, weight, mono);
    context.fillStyle = colour;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillText(words, x, y);
    context.globalAlpha = 1;
  }

  measure(words, size = 12, weight = 400, mono = false) {
    this.setFont(size, weight, mono);
    return this.context.measureText(words).width;
  }

  setFont(size, weight, mono) {
    this.context.font = `${weight} ${size}px ${mono ? "ui-monospace, monospace" : this.font}`;
  }
}
