// The network rolled up: one column, whose states go back into itself.

import { node } from "./nodes.js";

const SIZE = { width: 32, height: 24 };
const LOOPS = [4, -4]; // of h, below, and of c, above

export function rolled(pen, scene) {
  const { drawing, geometry, unrolling, position, stages } = scene;
  for (const segment of drawing.segments) {
    const alpha = geometry.rolledBeside ? 1 : 1 - unrolling;
    if (alpha <= 0) continue;
    const x = geometry.rolled(segment);
    const turned = segment.directions === 2 ? 9 : 0; // the two directions stand apart, as they do unrolled
    const at = (k) => x + (segment.layers[k].reverse ? turned : -turned);
    for (const [upper, lower] of segment.edges) {
      if (lower < 0 && !segment.inputs) continue;
      const [x1, y1] = lower < 0 ? [x, geometry.inputs] : [at(lower), geometry.y(segment, lower) - SIZE.height / 2];
      arrow(pen, x1, y1, at(upper), geometry.y(segment, upper) + SIZE.height / 2, alpha);
    }
    if (segment.outputs) {
      for (const k of segment.top) arrow(pen, at(k), geometry.y(segment, k) - SIZE.height / 2, x, geometry.loss + 4, alpha);
      pen.text("yₜ", x, geometry.loss - 10, { size: 13, alpha });
    }
    if (segment.inputs) pen.text("xₜ", x, geometry.inputs + 12, { size: 13, alpha });
    for (const [k, layer] of segment.layers.entries()) {
      const y = geometry.y(segment, k);
      for (const [n, state] of drawing.states.entries()) {
        loop(pen, at(k), y, LOOPS[n], layer.reverse ? -1 : 1, pen.of(drawing.colours[state]), alpha);
      }
      pen.context.globalAlpha = alpha;
      node(pen, scene, 0, 0, at(k), y, SIZE);
      pen.text("h", at(k), y, { size: 13, alpha });
    }
    if (!geometry.rolledBeside) continue;
    const middle = (geometry.y(segment, 0) + geometry.y(segment, segment.top[0])) / 2;
    const word = position < stages.unrolled ? 0.35 : 0.8;
    pen.text("=", x + 62, middle, { size: 24, alpha: word });
    if (position === 0) pen.text("the same weights at every time step: unroll it", (geometry.left + geometry.width) / 2, middle, { size: 14, alpha: 0.55 });
  }
}

function arrow(pen, x1, y1, x2, y2, alpha) {
  pen.line(x1, y1, x2, y2, { alpha: 0.5 * alpha });
  pen.head(x2, y2, x2 - x1, y2 - y1, { alpha: 0.7 * alpha });
}

/** Out on one side, around above (c) or below (h), and in on the other. */
function loop(pen, x, y, offset, side, colour, alpha) {
  const [half, up] = [SIZE.width / 2, offset < 0 ? -1 : 1];
  const [reach, rise] = [half + 15, up * (SIZE.height / 2 + 9)];
  pen.path((context) => {
    context.moveTo(x + side * half, y + offset);
    context.bezierCurveTo(x + side * reach, y + offset, x + side * reach, y + rise, x + side * 4, y + rise);
    context.lineTo(x - side * 4, y + rise);
    context.bezierCurveTo(x - side * reach, y + rise, x - side * reach, y + offset, x - side * half, y + offset);
  }, { colour, width: 1.5, alpha: 0.8 * alpha });
  pen.head(x - side * half, y + offset, side, 0, { colour, alpha });
}
