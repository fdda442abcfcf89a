// One sequence of a run as it arrives from Python; `rnnviz/app/microscope.py` says which arrays there are.

import { unpack } from "../rnnviz.plot/arrays.js";

const LAYER = /^(l\d+(?:_reverse)?)\//;

/** One layer: its name, whether it runs from the end, and its arrays by kind ("weight_ih", "state/h", "gate/f"). */
class Layer {
  constructor(name, arrays) {
    this.name = name;
    this.reverse = name.endsWith("_reverse");
    this.arrays = arrays;
  }

  /** { data: Float32Array, shape }, or undefined where the layer has no such array (a layer without biases). */
  get(kind) {
    return this.arrays.get(`${this.name}/${kind}`);
  }
}

/** header: what Python wrote beside the arrays. arrays: Map name -> { data, shape }. T time steps, H units. */
export class Recording {
  constructor(header, arrays, bytes) {
    this.header = header;
    this.arrays = arrays;
    this.bytes = bytes;
    const names = new Set([...arrays.keys()].map((name) => LAYER.exec(name)?.[1]).filter(Boolean));
    const order = header.layers ?? [...names];
    this.layers = order.map((name) => new Layer(name, arrays));
    const h = this.layers[0]?.get("state/h");
    [this.T, this.H] = h?.shape ?? [0, 0];
  }

  /** The name of an input of the network that a layer reads; "" where it has none. */
  label(layer, index) {
    return /^l0(_|$)/.test(this.layers[layer].name) ? (this.header.inputs?.[index] ?? "") : "";
  }
}

/** bytes: Uint8Array -> Recording. Throws where the bytes are not what the header says. */
export function decode(bytes) {
  const { header, arrays } = unpack(bytes, Float32Array);
  return new Recording(header, arrays, bytes.byteLength);
}
