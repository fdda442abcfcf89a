// From numbers to widths, shades and words.

import { show as written } from "../rnnviz.plot/numbers.js";

const DECADES = 8; // of gradient that widths tell apart
const THINNEST = 0.75;

/** Shade of a node whose state has some share of the largest norm: pale, so that edges stand out from nodes. */
export const shadeOf = (share) => 0.04 + 0.28 * share;

/** Widths of edges by the logarithm of the gradient that runs along them, over the whole decades there are. */
export class WidthScale {
  /** widest: width of an edge with the largest gradient, in pixels. */
  constructor(arrays, widest) {
    this.widest = widest;
    let [low, high] = [Infinity, 0];
    this.bad = false;
    for (const { data } of arrays) {
      for (const value of data) {
        if (!Number.isFinite(value)) this.bad = true;
        else if (value > 0) [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
    }
    this.high = high > 0 ? Math.ceil(Math.log10(high) - 1e-9) : 0;
    const lowest = high > 0 ? Math.floor(Math.log10(low)) : -3;
    this.low = Math.min(this.high - 3, Math.max(lowest, this.high - DECADES));
  }

  /** Place of a gradient on the scale, 0 to 1; values below it are at 0. */
  place(value) {
    const place = (Math.log10(value) - this.low) / (this.high - this.low);
    return Math.min(1, Math.max(0, place));
  }

  width(value) {
    return THINNEST + (this.widest - THINNEST) * this.place(value);
  }

  /** Exponents for a legend or an axis: the ends and what lies evenly between. */
  get exponents() {
    const every = Math.max(1, Math.ceil((this.high - this.low) / 4));
    const found = [];
    for (let k = this.high; k >= this.low; k -= every) found.push(k);
    return found;
  }
}

/** A number in three digits; a dash where there is none. */
export const show = (value) => (value === null || value === undefined ? "–" : written(value, 3));

/** A share as text. */
export function percent(value) {
  if (!Number.isFinite(value)) return "–";
  const hundred = 100 * value;
  if (hundred === 0) return "0 %";
  return hundred < 0.1 ? `${hundred.toExponential(1)} %` : `${Number(hundred.toPrecision(3))} %`;
}
