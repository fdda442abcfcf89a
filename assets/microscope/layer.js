// One layer of one sequence: as recorded, or computed again from the first time step that an edit reaches.

import { firstRow, Graph, OPERATIONS } from "./graph.js";

/** Both ranges of time steps in one: [first, last], or null for none. */
export const join = (a, b) => (a && b ? [Math.min(a[0], b[0]), Math.max(a[1], b[1])] : (a ?? b));

/** One layer of a Pass. Everything is computed on construction, but no more of it than a change can have reached. */
export class LayerPass {
  constructor(pass, index) {
    const { recording, description } = pass;
    Object.assign(this, { pass, description, source: recording.layers[index], T: recording.T, H: recording.H });
    const mine = pass.edits.filter((edit) => edit.layer === index);
    this.fixes = mine.filter(({ kind, t }) => kind === "clamp" || (kind === "state" && t >= 0));
    this.weightEdits = mine.filter(({ kind }) => kind === "weight");
    this.weights = new Map();
    this.start = {};
    for (const name of description.states) this.start[name] = this.initialOf(name, mine);
    const { data, changed } = pass.inputOf(this.source);
    this.x = data;
    this.D = data.length / this.T;
    this.graph = new Graph(description, (kind) => this.weight(kind), this.H, this.D);
    this.changed = this.reach(changed, mine);
    this.arrays = new Map();
    for (const name of description.gates) this.arrays.set(name, this.recorded(`gate/${name}`));
    for (const name of description.states) this.arrays.set(name, this.recorded(`state/${name}`));
    if (this.changed) this.recompute(...this.changed);
  }

  recorded(kind) {
    const data = this.source.get(kind)?.data;
    return this.changed ? Float64Array.from(data ?? new Float64Array(this.T * this.H)) : data;
  }

  initialOf(name, edits) {
    const start = Float64Array.from(this.source.get(`initial/${name}`)?.data ?? new Float64Array(this.H));
    for (const edit of edits) if (edit.kind === "state" && edit.t < 0 && edit.name === name) start[edit.unit] = edit.value;
    return start;
  }

  weight(kind) {
    if (!this.weights.has(kind)) {
      let found = this.source.get(kind);
      const edits = this.weightEdits.filter(({ weight }) => weight === kind);
      if (found && edits.length) {
        found = { data: Float64Array.from(found.data), shape: found.shape };
        for (const { row, column, value } of edits) found.data[row * (found.shape[1] ?? 1) + (column ?? 0)] = value;
      }
      this.weights.set(kind, found);
    }
    return this.weights.get(kind);
  }

  /** The time steps at which this layer can differ from the recording. input: those at which what it reads does. */
  reach(input, edits) {
    const all = [0, this.T - 1];
    let own = this.pass.formula ? all : input;
    for (const { kind, t } of edits) own = join(own, kind === "state" && t >= 0 ? [t, t] : all);
    if (!own) return null;
    return this.source.reverse ? [0, own[1]] : [own[0], this.T - 1];
  }

  /** The time step before t in the order of computation; -1 where t is the first. */
  before(t) {
    const earlier = this.source.reverse ? t + 1 : t - 1;
    return earlier < this.T ? earlier : -1;
  }

  previous(t) {
    const earlier = this.before(t);
    const states = {};
    for (const name of this.description.states) {
      states[name] = earlier < 0 ? this.start[name] : this.at(this.arrays.get(name), earlier);
    }
    return states;
  }

  at(array, t) {
    return array.subarray(t * this.H, (t + 1) * this.H);
  }

  xAt(t) {
    return this.x.subarray(t * this.D, (t + 1) * this.D);
  }

  recompute(low, high) {
    for (let k = 0; k <= high - low; k++) {
      const t = this.source.reverse ? high - k : low + k;
      const values = this.graph.run(this.xAt(t), this.previous(t), (id, out) => this.fix(id, t, out));
      for (const [name, array] of this.arrays) array.set(values.get(name), t * this.H);
    }
  }

  /** The number that an edit puts in the place of what is computed, or undefined. The last edit counts. */
  fixed(id, t, unit) {
    return this.fixes.findLast(
      (edit) => (edit.gate ?? edit.name) === id && (edit.t ?? t) === t && (edit.unit ?? unit) === unit,
    )?.value;
  }

  fix(id, t, out) {
    for (const edit of this.fixes) {
      if ((edit.gate ?? edit.name) !== id || (edit.t ?? t) !== t) continue;
      out.fill(edit.value, edit.unit ?? 0, (edit.unit ?? out.length - 1) + 1);
    }
  }

  /** Every node at t, gates and states as this pass has them. */
  nodes(t) {
    const values = this.graph.run(this.xAt(t), this.previous(t), (id, out) => {
      const known = this.arrays.get(id);
      if (known) out.set(this.at(known, t));
      else this.fix(id, t, out);
    });
    return new Map(Array.from(values, ([id, value]) => [id, Float64Array.from(value)]));
  }

  /** One unit of one node at t, without computing the others. formula: as its formula gives it, whatever was set. */
  value(id, t, unit, formula = false) {
    const node = this.pass.node(id);
    if (!formula && node.name && node.op !== "previous") {
      const known = this.arrays.get(id)?.[t * this.H + unit] ?? this.fixed(id, t, unit);
      if (known !== undefined) return known;
    }
    if (node.op === "input") return this.x[t * this.D + unit];
    if (node.op === "previous") return this.previous(t)[node.name][unit];
    if (node.op === "constant") return node.value;
    const row = firstRow(this.description, node, this.H) + unit;
    if (node.op === "bias") return this.weight(node.weight)?.data[row] ?? 0;
    if (node.op === "product") {
      const { data, shape } = this.weight(node.weight);
      let sum = 0;
      for (let j = 0; j < shape[1]; j++) sum += data[row * shape[1] + j] * this.value(node.args[0], t, j);
      return sum;
    }
    return OPERATIONS[node.op](...node.args.map((arg) => this.value(arg, t, unit)));
  }
}
