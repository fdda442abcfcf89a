// Vectors over the units as strips and bars on a canvas: one small column a unit, in the colour of its value.

import { readTheme } from "../rnnviz.plot/theme.js";

const mix = (a, b, share) => a.map((part, k) => Math.round(part + (b[k] - part) * share));
const css = ([red, green, blue]) => `rgb(${red}, ${green}, ${blue})`;
const channels = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

/** Colours of values: from the paper to a quantity's colour between 0 and 1, else diverging around zero. */
export class Scale {
  /** header: of the recording. element: whose page colours hold. */
  constructor(header, element) {
    const theme = readTheme(element);
    this.light = theme.light;
    this.ink = theme.ink;
    this.paper = theme.paper;
    this.stops = header.scale.map(([, hex]) => channels(hex));
    this.bad = header.bad;
    this.header = header;
    this.floor = this.light ? [255, 255, 255] : [44, 46, 54];
  }

  colour(id) {
    return this.header.colours[id]?.[this.light ? "light" : "dark"] ?? (this.light ? "#555555" : "#C8C6C0");
  }

  /** value -> CSS colour. bounds: [low, high] of what it can be, or null; most: the largest size that occurs. */
  of(id, bounds, most) {
    if (bounds && bounds[0] === 0) {
      const full = channels(this.colour(id));
      return (value) => (Number.isFinite(value) ? css(mix(this.floor, full, Math.min(1, Math.max(0, value)))) : this.bad);
    }
    const size = (bounds ? bounds[1] : most) || 1;
    const last = this.stops.length - 1;
    return (value) => {
      if (!Number.isFinite(value)) return this.bad;
      const place = (Math.min(1, Math.max(-1, value / size)) / 2 + 0.5) * last;
      const k = Math.min(last - 1, Math.floor(place));
      return css(mix(this.stops[k], this.stops[k + 1], place - k));
    };
  }
}

/** The largest finite size of numbers; 0 where there is none. */
export function largest(numbers) {
  let most = 0;
  for (const value of numbers) {
    const size = Math.abs(value);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** Fit a canvas to its box on the screen; returns the context, in CSS pixels, cleared. */
export function fresh(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** One row of columns in a box { x, y, width, height }; the chosen one is framed. More columns than pixels: every so many. */
export function strip(context, values, box, colour, chosen, ink) {
  const wide = box.width / values.length;
  const step = Math.max(1, Math.floor(values.length / (2 * box.width)));
  for (let k = 0; k < values.length; k += step) {
    context.fillStyle = colour(values[k]);
    context.fillRect(box.x + k * wide, box.y, Math.max(wide * step, 0.6) + (wide > 4 ? -0.5 : 0.3), box.height);
  }
  if (chosen === null || chosen >= values.length) return;
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  const width = Math.max(wide, 3);
  context.strokeRect(box.x + (chosen + 0.5) * wide - width / 2, box.y - 1.5, width, box.height + 3);
}

/** Bars up and down from zero in a box; the chosen one is dark. most: the size of a full bar. */
export function bars(context, values, box, colour, most, chosen, ink) {
  const wide = box.width / values.length;
  const signed = values.some((value) => value < 0);
  const zero = signed ? box.y + box.height / 2 : box.y + box.height;
  const full = signed ? box.height / 2 : box.height;
  for (let k = 0; k < values.length; k++) {
    const bad = !Number.isFinite(values[k]);
    const size = bad ? full : Math.max(-1, Math.min(1, values[k] / (most || 1))) * full;
    context.fillStyle = colour(values[k]);
    context.fillRect(box.x + k * wide, Math.min(zero, zero - size), Math.max(wide - (wide > 3 ? 1 : 0), 0.6), Math.max(Math.abs(size), 0.5));
  }
  context.fillStyle = ink;
  context.fillRect(box.x, zero - 0.5, box.width, 1);
  if (chosen === null) return;
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.strokeRect(box.x + chosen * wide, box.y, Math.max(wide, 2), box.height);
}
