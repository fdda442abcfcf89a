// How a node of the cell is written: its letter with a time index, and what it is computed from. Both as tokens
// { text, sub, node }, where node is the id of the node that a token stands for, so that pointing at one finds it.

const SVG = "http://www.w3.org/2000/svg";
const FUNCTIONS = { sigmoid: "σ", tanh: "tanh", relu: "relu" };
const SIGNS = { add: " + ", subtract: " − ", multiply: " ⊙ " };

const plain = (text) => ({ text });
const inBrackets = (tokens) => [plain("("), ...tokens, plain(")")];

export class Symbols {
  /** description: of the cell. reverse: whether its layer reads from the end, so that the past is at t + 1. */
  constructor(description, reverse = false) {
    this.description = description;
    this.byId = new Map(description.nodes.map((node) => [node.id, node]));
    this.past = reverse ? "t+1" : "t−1";
  }

  /** x, a previous state or a quantity of this time step by its letter; everything else by what it is made of. */
  name(id) {
    const node = this.byId.get(id);
    if (node.op === "input") return [{ text: "x", sub: "t", node: id }];
    if (node.name) return [{ text: node.name, sub: node.op === "previous" ? this.past : "t", node: id }];
    return this.meaning(id);
  }

  /** What a node is computed from, its arguments by their names. */
  meaning(id) {
    const node = this.byId.get(id);
    const { op, args, value } = node;
    if (op === "input" || op === "previous") return this.name(id);
    if (op === "constant") return [plain(String(value))];
    if (op === "bias") return [{ text: "b", sub: this.index(node), node: id }];
    if (op === "product") return [{ text: "W", sub: this.index(node), node: id }, plain(" "), ...this.tight(args[0])];
    if (op === "same") return this.name(args[0]);
    if (op in FUNCTIONS) return [plain(FUNCTIONS[op]), ...inBrackets(this.name(args[0]))];
    const sides = args.map((arg, k) => (op === "multiply" || (op === "subtract" && k) ? this.tight(arg) : this.name(arg)));
    return sides.reduce((left, right) => [...left, { text: SIGNS[op], node: id }, ...right]);
  }

  /** As an argument: in brackets where it is a sum. */
  tight(id) {
    const node = this.byId.get(id);
    const sum = !node.name && (node.op === "add" || node.op === "subtract" || node.op === "multiply");
    return sum ? inBrackets(this.name(id)) : this.name(id);
  }

  /** The letters below W or b: from what, to which chunk; torch's own names where there is one chunk alone. */
  index({ weight, chunk }) {
    const from = weight.endsWith("_ih") ? "i" : "h";
    return from + (this.description.chunks.length > 1 ? chunk : "h");
  }

  /** In words, for readers who do not see it. */
  text(id) {
    return this.name(id).map(({ text, sub }) => text + (sub ? `_${sub}` : "")).join("");
  }
}

/** Tokens as HTML elements. colour: id -> CSS colour. */
export function written(tokens, colour) {
  return tokens.map(({ text, sub, node }) => {
    const span = document.createElement("span");
    span.textContent = text;
    if (sub) span.append(Object.assign(document.createElement("sub"), { textContent: sub }));
    if (node) {
      span.dataset.node = node;
      span.style.color = colour(node);
    }
    return span;
  });
}

/** Tokens as one line of SVG text. */
export function drawn(tokens) {
  return tokens.flatMap(({ text, sub }) => {
    const part = (content, name) => {
      const span = document.createElementNS(SVG, "tspan");
      span.textContent = content;
      if (name) span.setAttribute("class", name);
      return span;
    };
    if (!sub) return [part(text)];
    const low = part(sub, "sub");
    low.setAttribute("dy", "4");
    const back = part("\u200b");
    back.setAttribute("dy", "-4");
    return [part(text), low, back];
  });
}
