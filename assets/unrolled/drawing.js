// A network unrolled through time as it arrives from Python; `rnnviz/app/unrolled.py` says which arrays there are.

import { unpack } from "../rnnviz.plot/arrays.js";

/** One stack of layers over T time steps. edges: [upper layer, lower layer or -1 for the inputs]. */
class Segment {
  constructor(number, header, arrays, states) {
    Object.assign(this, header); // name, steps, layers, edges, inputs, outputs, given
    this.number = number;
    this.arrays = arrays;
    this.states = states;
    this.depth = 1 + Math.max(...this.layers.map((layer) => layer.level));
    this.directions = this.layers.some((layer) => layer.reverse) ? 2 : 1;
    this.top = this.layers.map((layer, k) => (layer.level === this.depth - 1 ? k : -1)).filter((k) => k >= 0);
  }

  /** The array of this segment by its kind ("h", "total/h", "loss"), or undefined. */
  get(kind) {
    return this.arrays.get(`${this.number}/${kind}`);
  }

  /** Norm of a state at a layer and time step. */
  norm(state, layer, t) {
    return this.get(state).data[layer * this.steps + t];
  }

  /** kind: "total/h" or "passed/h"; window: index into the drawing's windows. */
  gradient(kind, window, layer, t) {
    return this.get(kind).data[(window * this.layers.length + layer) * this.steps + t];
  }

  /** What edge number `edge` brings down at a time step. */
  down(window, edge, t) {
    return this.get("down").data[(window * this.edges.length + edge) * this.steps + t];
  }

  /** What enters a layer from the loss at a time step. */
  loss(layer, t) {
    return this.get("loss").data[layer * this.steps + t];
  }
}

/** header: cell, states, colours, step, sequence, windows, why. segments: first to last. */
export class Drawing {
  constructor(header, arrays) {
    Object.assign(this, header);
    this.segments = header.segments.map((segment, n) => new Segment(n, segment, arrays, header.states));
    this.attention = arrays.get("attention") ?? null;
    this.full = this.windows.length - 1; // the window that cuts nothing
    this.hasGradients = this.full >= 0;
    this.numbers = [...arrays].filter(([name]) => /\/(passed\/|down|loss|link\/)/.test(name)).map(([, array]) => array);
    const norms = this.segments.flatMap((segment) => [...segment.get("h").data]).filter(Number.isFinite);
    this.largest = Math.max(...norms, 1e-12);
    this.notes = [this.why];
    if (this.segments.every((segment) => segment.steps === 1)) this.notes.push("One time step: there is nothing to carry through time.");
    const bad = this.numbers.some(({ data }) => data.some((value) => !Number.isFinite(value)));
    if (bad) this.notes.push("Some gradients are NaN or infinite: they are marked, and no width stands for them.");
    this.notes = this.notes.filter(Boolean);
  }

  /** Whether an edge that nothing cuts carries a gradient of exactly 0. */
  get zeros() {
    return this.segments.some((segment) => segment.layers.some(({ reverse }, k) => {
      for (let t = reverse ? 1 : 0; t < segment.steps - (reverse ? 0 : 1); t++) {
        if (segment.gradient("passed/h", this.full, k, t) === 0) return true;
      }
      return false;
    }));
  }

  get last() {
    return this.segments[this.segments.length - 1];
  }

  /** Share of the gradient norm at the first time step of layer l0 that is left when cut; NaN where there is none. */
  share(window) {
    const first = this.segments[0];
    return first.gradient("total/h", window, 0, 0) / first.gradient("total/h", this.full, 0, 0);
  }
}

/** bytes: Uint8Array -> Drawing. Throws where the bytes are not what the header says. */
export function decode(bytes) {
  const { header, arrays } = unpack(bytes, Float64Array);
  return new Drawing(header, arrays);
}
