// The arithmetic behind one number, as a tree: leaves are numbers of the network, each with its place, so that one can
// go there. `written` and `redone` make sure that a reader who takes the numbers as written gets the result as written.

import { firstRow, sigmoid } from "./graph.js";
import { read, show } from "../rnnviz.plot/numbers.js";

const CALLS = { sigmoid: ["σ", sigmoid], tanh: ["tanh", Math.tanh], relu: ["max", (a) => Math.max(a, 0)] };
const LARGEST = 3; // terms of a matrix product that a line shows
const DIGITS = [4, 9];
export const RESULT_DIGITS = 4;

export const isNumber = (tree) => tree.kind === "number";
const number = (value, place, label) => ({ kind: "number", value, place, label });

/** Where a number comes from that a node reads: { layer, node, unit, t }; of the network's input `unit` is a feature. */
export function origin(pass, layer, id, t, unit) {
  const node = pass.node(id);
  const { recording } = pass;
  if (node.op === "previous") {
    const earlier = pass.at(layer).before(t);
    if (earlier >= 0) return { layer, node: node.name, unit, t: earlier };
  }
  const below = node.op === "input" ? pass.layersBelow(layer) : [];
  if (below.length === 0) return { layer, node: id, unit, t };
  return { layer: below[Math.floor(unit / recording.H)], node: "h", unit: unit % recording.H, t };
}

/** The place of an entry of a weight: { layer, weight, row, column, chunk }; a bias has no column. */
const weightPlace = (layer, node, row, column) => ({ layer, weight: node.weight, chunk: node.chunk, row, column });

/**
 * The tree of one unit of one node. kinds: "number" { value, place, label }, "dot" { terms: [weight, read] pairs, part },
 * "sum" { terms, signs }, "times" { terms }, "call" { name, apply, terms: [one] }; all but numbers have a `value`.
 */
export function expression(pass, layer, id, t, unit, top = true) {
  const node = pass.node(id);
  const at = pass.at(layer);
  const byHand = top && at.fixed(id, t, unit) !== undefined;
  const value = at.value(id, t, unit, byHand);
  if (!top && (node.name || node.op === "input")) return number(value, origin(pass, layer, id, t, unit));
  const row = node.weight ? firstRow(pass.description, node, pass.recording.H) + unit : 0;
  if (node.op === "bias") return number(value, weightPlace(layer, node, row), "bias");
  if (["constant", "input", "previous"].includes(node.op)) return number(value);
  if (node.op === "product") {
    const { data, shape } = at.weight(node.weight);
    const terms = Array.from({ length: shape[1] }, (_, j) => [
      number(data[row * shape[1] + j], weightPlace(layer, node, row, j)),
      number(at.value(node.args[0], t, j), origin(pass, layer, node.args[0], t, j)),
    ]);
    return { kind: "dot", value, terms, part: node.weight.endsWith("ih") ? "input" : "recurrent", id };
  }
  const terms = node.args.map((arg) => expression(pass, layer, arg, t, unit, false));
  if (node.op === "same") return terms[0];
  if (node.op === "multiply") return { kind: "times", value, terms };
  if (node.op in CALLS) return { kind: "call", value, name: CALLS[node.op][0], apply: CALLS[node.op][1], terms };
  const sum = { kind: "sum", value, terms: [], signs: [] };
  terms.forEach((term, k) => {
    const sign = k && node.op === "subtract" ? -1 : 1;
    const inner = term.kind === "sum" && sign > 0;
    sum.terms.push(...(inner ? term.terms : [term]));
    sum.signs.push(...(inner ? term.signs : [sign]));
  });
  return sum;
}

/** Of a matrix product: its largest terms in size, and the sum of the others. Terms that are exactly zero go last. */
export function largest(dot, count = LARGEST) {
  const size = ([a, b]) => (Number.isNaN(a.value * b.value) ? Infinity : Math.abs(a.value * b.value));
  const sorted = dot.terms.toSorted((one, other) => size(other) - size(one));
  const shown = sorted.slice(0, sorted.length <= count + 1 ? count + 1 : count);
  const others = sorted.slice(shown.length);
  return { shown, others, rest: others.reduce((sum, [a, b]) => sum + a.value * b.value, 0), sorted };
}

/** The tree after the next thing that one would compute by hand. */
export function step(tree, layer, t, unit) {
  if (isNumber(tree)) return tree;
  if (tree.kind === "dot") return number(tree.value, { layer, node: tree.id, unit, t }, tree.part);
  if (tree.terms.every(isNumber)) return number(tree.value);
  return { ...tree, terms: tree.terms.map((term) => step(term, layer, t, unit)) };
}

/** All lines from the formula with the numbers put in to the result. */
export function lines(pass, layer, id, t, unit) {
  const found = [expression(pass, layer, id, t, unit)];
  while (!isNumber(found.at(-1))) found.push(step(found.at(-1), layer, t, unit));
  return found;
}

/** What a reader gets who computes a tree with its numbers as they are written with so many digits. */
export function redone(tree, digits) {
  const again = (part) => redone(part, digits);
  if (isNumber(tree)) return read(show(tree.value, digits));
  if (tree.kind === "dot") {
    const { shown, rest, others } = largest(tree);
    const sum = shown.reduce((total, [a, b]) => total + again(a) * again(b), 0);
    return others.length ? sum + read(show(rest, digits)) : sum;
  }
  if (tree.kind === "sum") return tree.terms.reduce((total, term, k) => total + tree.signs[k] * again(term), 0);
  if (tree.kind === "times") return tree.terms.reduce((total, term) => total * again(term), 1);
  return tree.apply(again(tree.terms[0]));
}

/** The fewest digits with which every line, computed as written, gives the result as it is written. */
export function enoughDigits(all) {
  const result = show(all.at(-1).value, RESULT_DIGITS);
  let digits = DIGITS[0];
  const right = (tree) => show(redone(tree, digits), RESULT_DIGITS) === result;
  while (digits < DIGITS[1] && !all.slice(0, -1).every(right)) digits += 1;
  return digits;
}

/** "=" where both sides, as written, are the same number; else "≈", since something on a side is rounded. */
export function relation(left, right) {
  const near = Math.abs(left - right) <= 1e-12 * Math.max(Math.abs(left), Math.abs(right));
  return Object.is(left, right) || near ? "=" : "≈";
}
