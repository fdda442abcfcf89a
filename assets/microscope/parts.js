// What a pre-activation is made of: the input's part, the recurrent part, the biases. They add up to it.

export const PARTS = ["input", "recurrent", "bias"];

const CALLS = ["sigmoid", "tanh", "relu"];
const KINDS = { weight_ih: "input", weight_hh: "recurrent", bias_ih: "bias", bias_hh: "bias" };

/**
 * The quantities whose pre-activation can be taken apart, in the order of the description: { quantity, sum, shown }.
 * sum: id of the pre-activation; shown: id of what it is squashed into.
 */
export function splittable(description) {
  const nodes = new Map(description.nodes.map((node) => [node.id, node]));
  const weighted = (id) => {
    const node = nodes.get(id);
    return Boolean(node.weight) || (!node.name && node.args.some(weighted));
  };
  const found = [];
  for (const node of description.nodes) {
    if (!node.name || node.op === "previous") continue;
    const squashes = CALLS.includes(node.op);
    if (squashes && weighted(node.args[0])) found.push({ quantity: node.id, sum: node.args[0], shown: node.id });
    if (!squashes && node.op !== "multiply" && node.args.every(weighted)) {
      const reader = description.nodes.find(({ op, args }) => CALLS.includes(op) && args[0] === node.id);
      found.push({ quantity: node.id, sum: node.id, shown: reader?.id ?? node.id });
    }
  }
  return found;
}

/** { input, recurrent, bias } of one unit at one time step. A factor before a product (the GRU's r) counts into it. */
export function partsOf(pass, layer, sum, t, unit) {
  const at = pass.at(layer);
  const parts = { input: 0, recurrent: 0, bias: 0 };
  const weighted = (id) => Boolean(pass.node(id).weight) || (!pass.node(id).name && pass.node(id).args.some(weighted));
  const gather = (id, factor) => {
    const { op, args, weight } = pass.node(id);
    if (weight) {
      parts[KINDS[weight]] += factor * at.value(id, t, unit);
    } else if (op === "multiply") {
      const [carried, scale] = weighted(args[0]) ? args : [args[1], args[0]];
      gather(carried, factor * at.value(scale, t, unit));
    } else {
      args.forEach((arg, k) => gather(arg, k && op === "subtract" ? -factor : factor));
    }
  };
  gather(sum, 1);
  return parts;
}
