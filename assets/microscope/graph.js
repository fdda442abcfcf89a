// One time step of a cell, from the description of it that Python sends: a list of nodes, each computed from earlier ones.

export const sigmoid = (a) => 1 / (1 + Math.exp(-a));

/** What the elementwise operations do to numbers. */
export const OPERATIONS = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  sigmoid,
  tanh: Math.tanh,
  relu: (a) => Math.max(a, 0),
  same: (a) => a,
};

/** The first row of a node's chunk in its weight. */
export const firstRow = (description, node, units) => description.chunks.indexOf(node.chunk) * units;

/** out = W times what is read; W row-major. Four rows at a time, as the processor waits for no sum then. */
function product(out, weight, read) {
  const [rows, columns] = [out.length, read.length];
  let u = 0;
  for (; u + 3 < rows; u += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    const first = u * columns;
    for (let j = 0; j < columns; j++) {
      const place = first + j;
      a += weight[place] * read[j];
      b += weight[place + columns] * read[j];
      c += weight[place + 2 * columns] * read[j];
      d += weight[place + 3 * columns] * read[j];
    }
    [out[u], out[u + 1], out[u + 2], out[u + 3]] = [a, b, c, d];
  }
  for (; u < rows; u++) {
    out[u] = 0;
    for (let j = 0; j < columns; j++) out[u] += weight[u * columns + j] * read[j];
  }
}

function elementwise(operation, out, [a, b]) {
  if (b) for (let u = 0; u < out.length; u++) out[u] = operation(a[u], b[u]);
  else for (let u = 0; u < out.length; u++) out[u] = operation(a[u]);
}

/**
 * The interpreter for one layer. weights: kind -> { data, shape }, or nothing for an absent bias, which is zero.
 * units: H; inputs: D. Throws where the description has an operation that is not known here.
 */
export class Graph {
  constructor(description, weights, units, inputs) {
    this.values = new Map();
    this.read = [];
    this.steps = [];
    for (const node of description.nodes) {
      const out = new Float64Array(node.op === "input" ? inputs : units).fill(node.value);
      this.values.set(node.id, out);
      const row = firstRow(description, node, units);
      const { data, shape } = (node.weight && weights(node.weight)) || {};
      const args = node.args.map((id) => this.values.get(id));
      if (node.op === "input" || node.op === "previous") {
        this.read.push([node, out]);
      } else if (node.op === "bias") {
        if (data) out.set(data.subarray(row, row + units));
      } else if (node.op === "product") {
        const block = Float64Array.from(data.subarray(row * shape[1], (row + units) * shape[1]));
        this.steps.push([node, out, () => product(out, block, args[0])]);
      } else if (node.op !== "constant") {
        const operation = OPERATIONS[node.op];
        if (!operation) throw new Error(`No operation "${node.op}" (node "${node.id}"); known: ${Object.keys(OPERATIONS)}.`);
        this.steps.push([node, out, () => elementwise(operation, out, args)]);
      }
    }
  }

  /**
   * Compute every node. x: D numbers. previous: state -> H numbers. settle(id, out): called for each gate, state and
   * pre-activation as soon as it is computed, and may write over it. Returns id -> numbers, which the next run reuses.
   */
  run(x, previous, settle) {
    for (const [node, out] of this.read) out.set(node.op === "input" ? x : previous[node.name]);
    for (const [node, out, compute] of this.steps) {
      compute();
      if (node.name) settle(node.name, out);
    }
    return this.values;
  }
}
