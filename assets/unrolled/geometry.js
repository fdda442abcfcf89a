// Where everything stands, in CSS pixels, for a drawing on a canvas of some width.

import { cell } from "./frames.js";

const NARROW = 640; // below this there is no room beside the columns
const LEAST = 2.5; // width of a column: beyond what fits, the picture scrolls
const ON_NODES = [9, -9]; // rows of the recurrent edges of h and c from the middle of a node, and where columns are
const BELOW_NODES = [16, 1]; // too narrow for that, below it
const GAP = 2.2; // columns between two segments
const BEAT = { single: 68, both: 112, between: 52 }; // from level to level, and from a layer to its reverse
const ease = (share) => (share < 0.5 ? 2 * share * share : 1 - 2 * (1 - share) ** 2);

/** Rows of things below and above the columns: [height, what it is]. */
function inputHeight(segment, column) {
  const inputs = segment.inputs;
  if (!inputs || inputs.kind === "text") return 24;
  if (inputs.kind === "frames") return inputs.rows * cell(inputs, column) + 8;
  const count = inputs.names.length;
  return count <= 2 ? 34 * count : 10 + 7 * count;
}

export class Geometry {
  constructor(drawing, room, legendHeight) {
    const { segments } = drawing;
    this.drawing = drawing;
    this.narrow = room < NARROW;
    this.rolledBeside = !this.narrow && segments.length === 1;
    this.given = segments.some((segment) => segment.given) ? (this.narrow ? 62 : 92) : 0;
    const names = this.narrow ? 8 : 78;
    this.left = (this.rolledBeside ? 118 : 0) + names + this.given;
    this.right = this.narrow ? 10 : 30;
    const columns = segments.reduce((sum, { steps }) => sum + steps, 0) + GAP * (segments.length - 1);
    this.column = Math.max(LEAST, Math.min(96, (room - this.left - this.right) / columns));
    this.width = Math.max(room, this.left + this.right + columns * this.column);
    const slack = this.width - this.left - this.right - columns * this.column;
    if (this.rolledBeside) this.left += slack / 2; // short sequences stand in the middle
    this.starts = [];
    let x = this.rolledBeside ? this.left : this.left + slack / 2;
    for (const { steps } of segments) {
      this.starts.push(x);
      x += (steps + GAP) * this.column;
    }
    this.rows(segments, legendHeight);
    const both = segments.some((segment) => segment.directions === 2);
    const alone = drawing.states.length === 1;
    const wide = Math.min(34, (both ? 0.26 : 0.36) * this.column); // most of a column is for the edges
    this.dense = this.column < 15;
    this.node = { width: Math.max(1.5, this.dense ? 0.7 * this.column : wide), height: this.dense ? 10 : alone ? 28 : 36 };
    this.shift = both && !this.dense ? 0.24 * this.column : 0; // of the two directions, which stand side by side
    this.lift = this.dense ? 15 : 0; // of nodes, to make room
    this.lanes = (this.dense ? BELOW_NODES : ON_NODES).map((row) => (alone ? (this.dense ? 4 : 0) : row));
    this.room = room;
  }

  rows(segments, legendHeight) {
    const depth = Math.max(...segments.map((segment) => segment.depth));
    const both = segments.some((segment) => segment.directions === 2);
    const beat = both ? BEAT.both : BEAT.single;
    const titles = segments.length > 1 ? 24 : 0;
    const answers = segments.map((segment) => segment.outputs).find(Boolean);
    this.titles = legendHeight + titles;
    this.outputs = this.titles + 6;
    this.outputHeight = answers ? (answers.kind === "values" ? 52 : 38) : 4;
    this.loss = this.outputs + this.outputHeight + 12; // the row of outputs, where the loss enters
    this.first = this.loss + 52 + (depth - 1) * beat + (both ? BEAT.between : 0); // the lowest forward layer
    this.beat = beat;
    this.inputs = this.first + 44;
    this.inputHeight = Math.max(...segments.map((segment) => inputHeight(segment, this.column)));
    this.axis = this.inputs + this.inputHeight + 4;
    this.stripTop = this.axis + 52;
    this.stripHeight = 74;
    this.height = this.stripTop + (segments.some((segment) => segment.get("loss")) ? this.stripHeight + 12 : -6);
  }

  /** Middle of a layer's nodes. */
  y(segment, layer) {
    const { level, reverse } = segment.layers[layer];
    return this.first - level * this.beat - (reverse ? BEAT.between : 0);
  }

  /** Where everything of a segment stands while it is rolled up. */
  rolled(segment) {
    if (this.rolledBeside) return 56;
    return this.starts[segment.number] + (segment.steps * this.column) / 2;
  }

  /** How far a time step has come out of the rolled network, 0 to 1. */
  out(segment, t, unrolling) {
    const rank = segment.steps > 1 ? t / (segment.steps - 1) : 0;
    return ease(Math.min(1, Math.max(0, 2 * unrolling - rank)));
  }

  /** Middle of a time step's column. */
  x(segment, t, unrolling = 1) {
    const end = this.starts[segment.number] + (t + 0.5) * this.column;
    if (unrolling >= 1) return end;
    const begin = this.rolled(segment);
    return begin + (end - begin) * this.out(segment, t, unrolling);
  }

  /** How far to scroll what is wider than its place, so that a time step is in sight; `now` where it is already. */
  scrolled({ segment, t }, now) {
    const x = this.x(segment, t);
    return x > now && x < now + this.room ? now : x - this.room / 2;
  }

  /** Middle of a node: the two directions of a level stand a little apart. */
  nodeX(segment, layer, t, unrolling = 1) {
    return this.x(segment, t, unrolling) + (segment.directions === 1 ? 0 : segment.layers[layer].reverse ? this.shift : -this.shift);
  }

  /** { segment, t } under a place on the canvas, or null. */
  at(x, y) {
    if (y > this.height || y < this.titles - 20) return null;
    for (const segment of this.drawing.segments) {
      const t = Math.floor((x - this.starts[segment.number]) / this.column);
      if (t >= 0 && t < segment.steps) return { segment, t };
    }
    return null;
  }
}
