// Writes the tree of an arithmetic as a line: numbers by a function of the reader's choice, signs and brackets between.

import { show } from "../rnnviz.plot/numbers.js";
import { isNumber, largest } from "./terms.js";

const minus = (value) => value < 0 || Object.is(value, -0);

/** token(number, text): what stands for a number of the tree. rest(count, text): for so many more terms, added up. */
export class Writer {
  constructor(token, digits, rest) {
    Object.assign(this, { token, digits, rest });
  }

  /** A list of texts and of what `token` and `rest` give. */
  write(tree) {
    if (isNumber(tree)) return [this.token(tree, show(tree.value, this.digits))];
    if (tree.kind === "dot") return this.sum(this.terms(tree));
    if (tree.kind === "sum") return this.sum(tree.terms.flatMap((term, k) => this.addend(term, tree.signs[k] < 0)));
    if (tree.kind === "times") return tree.terms.flatMap((term, k) => [...(k ? [" · "] : []), ...this.factor(term, k > 0)]);
    return [`${tree.name}(${tree.name === "max" ? "0, " : ""}`, ...this.write(tree.terms[0]), ")"];
  }

  /** What is added up: pairs of whether it is taken away, and what. */
  addend(term, taken) {
    if (term.kind === "dot") return this.terms(term);
    if (isNumber(term)) return [[minus(term.value) !== taken, this.absolute(term)]];
    return [[taken, term.kind === "sum" ? ["(", ...this.write(term), ")"] : this.write(term)]];
  }

  sum(signed) {
    return signed.flatMap(([negative, content], k) => [k ? (negative ? " − " : " + ") : negative ? "−" : "", ...content]);
  }

  /** A number without its sign, which stands before it. */
  absolute(number) {
    return [this.token(number, show(number.value, this.digits).replace("−", ""))];
  }

  factor(term, later) {
    const content = this.write(term);
    return term.kind === "sum" || (later && isNumber(term) && minus(term.value)) ? ["(", ...content, ")"] : content;
  }

  terms(dot) {
    const { shown, others, rest } = largest(dot);
    const terms = (others.length ? shown : dot.terms).map(([weight, value]) => [minus(weight.value), [...this.absolute(weight), "·", ...this.factor(value, true)]]);
    if (others.length) terms.push([minus(rest), [this.rest(others.length, show(Math.abs(rest), this.digits))]]);
    return terms;
  }
}
