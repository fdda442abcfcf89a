// What the network computes: as recorded, or again in double precision after something was changed by hand.

import { join, LayerPass } from "./layer.js";

const level = (layer) => Number(/\d+/.exec(layer.name)?.[0] ?? 0);

/**
 * All numbers of one sequence. Layers by their index in recording.layers, time in its original order. The recorded
 * Pass gives the recorded gates and states; what lies between them is computed from those in double precision. An
 * edited one computes anew, in double precision, all that its edits reach, layers above and outputs included.
 *
 * edits: { kind: "input", t, index, value }, { kind: "state", layer, name, t (-1: initial), unit, value },
 * { kind: "weight", layer, weight, row, column (none for a bias), value }, { kind: "clamp", layer, gate, unit (null:
 * all), value }, { kind: "formula", cell }: another cell that reads the same weights.
 */
export class Pass {
  constructor(recording, edits) {
    this.recording = recording;
    this.edits = edits;
    const { description, variants = [] } = recording.header;
    this.formula = edits.findLast(({ kind }) => kind === "formula")?.cell;
    this.description = this.formula ? variants.find(({ cell }) => cell === this.formula) : description;
    if (!this.description) throw new Error(`No formula "${this.formula}"; there is ${variants.map(({ cell }) => cell)}.`);
    this.byId = new Map(this.description.nodes.map((node) => [node.id, node]));
    this.computed = [];
    this.looked = new Map();
  }

  static recorded(recording) {
    return new Pass(recording, []);
  }

  static edited(recording, edits) {
    return new Pass(recording, edits);
  }

  /** One node of the description. */
  node(id) {
    return this.byId.get(id);
  }

  at(index) {
    return (this.computed[index] ??= new LayerPass(this, index));
  }

  states(layer, name) {
    return this.at(layer).arrays.get(name);
  }

  gates(layer, name) {
    return this.at(layer).arrays.get(name);
  }

  /** (T, D): what the layer reads. */
  input(layer) {
    return this.at(layer).x;
  }

  initial(layer, name) {
    return this.at(layer).start[name];
  }

  weight(layer, kind) {
    return this.at(layer).weight(kind);
  }

  /** Map id -> numbers: every node at time step t, H each, D for the input. */
  nodes(layer, t) {
    const key = `${layer} ${t}`;
    if (!this.looked.has(key)) {
      if (this.looked.size >= 8) this.looked.clear();
      this.looked.set(key, this.at(layer).nodes(t));
    }
    return this.looked.get(key);
  }

  /** Indices of the layers that a layer reads, the forward direction first; none where it reads the input. */
  layersBelow(layer) {
    return this.below(level(this.recording.layers[layer]));
  }

  below(depth) {
    return this.recording.layers.map((layer, index) => index).filter((k) => level(this.recording.layers[k]) === depth - 1);
  }

  /** What a layer reads, and the time steps at which it is not what was recorded. */
  inputOf(layer) {
    const recorded = layer.get("input") ?? this.recording.arrays.get("inputs");
    const [time, width] = recorded.shape;
    const below = this.below(level(layer));
    const edits = below.length ? [] : this.edits.filter(({ kind }) => kind === "input");
    const changed = [...below.map((k) => this.at(k).changed), ...edits.map(({ t }) => [t, t])].reduce(join, null);
    if (!changed) return { data: recorded.data, changed };
    const data = Float64Array.from(recorded.data);
    for (const { t, index, value } of edits) data[t * width + index] = value;
    for (let t = changed[0]; below.length && t <= Math.min(changed[1], time - 1); t++) {
      below.forEach((k, d) => data.set(this.at(k).at(this.states(k, "h"), t), t * width + d * this.recording.H));
    }
    return { data, changed };
  }

  /** { data, shape: [T or 1, O] }: the readout at every time step, or at the end; null where the model has none. */
  outputs() {
    return (this.read ??= { out: this.readout() }).out;
  }

  readout() {
    const { arrays, layers, header, T, H } = this.recording;
    const weight = arrays.get("model/readout.weight");
    const top = this.below(Math.max(...layers.map(level)) + 1);
    if (!weight || weight.shape[1] !== top.length * H) return null;
    const [size, width] = weight.shape;
    const rows = header.shape === "seq→vec" ? 1 : T;
    const data = new Float64Array(rows * size);
    const bias = arrays.get("model/readout.bias")?.data;
    for (let k = 0; k < rows * size; k++) {
      const [row, o] = [Math.floor(k / size), k % size];
      data[k] = bias?.[o] ?? 0;
      top.forEach((layer, d) => {
        const t = rows > 1 ? row : layers[layer].reverse ? 0 : T - 1;
        const h = this.at(layer).at(this.states(layer, "h"), t);
        for (let j = 0; j < H; j++) data[k] += weight.data[o * width + d * H + j] * h[j];
      });
    }
    return { data, shape: [rows, size] };
  }
}
