// The nodes: one per layer and time step, as dark as the norm of its hidden state; and where truncation cuts.

import { isNow } from "./edges.js";
import { shadeOf, show } from "./scale.js";

export function nodes(pen, scene) {
  const { drawing, stages, geometry, position, unrolling } = scene;
  const { width, height } = geometry.node;
  for (const segment of drawing.segments) {
    for (const [k] of segment.layers.entries()) {
      const y = geometry.y(segment, k) - geometry.lift;
      for (let t = segment.steps - 1; t >= 0; t--) {
        const out = geometry.out(segment, t, unrolling);
        if (out <= 0) continue;
        const x = geometry.nodeX(segment, k, t, unrolling);
        node(pen, scene, segment.norm("h", k, t), stages.forward(position, segment, k, t), x, y, { width, height }, isNow(scene, segment, k, t));
      }
    }
  }
}

/** lit: how far the node is computed, 0 to 1; before that it is an empty frame. */
export function node(pen, { drawing, geometry }, norm, lit, x, y, { width, height }, now = false) {
  const [left, top] = [x - width / 2, y - height / 2];
  const bad = lit > 0 && !Number.isFinite(norm);
  const depth = bad ? 0 : shadeOf(norm / drawing.largest) * lit;
  const frame = now ? { colour: pen.accent, width: 2.5 } : { colour: pen.shade(0.5), width: 1 };
  pen.box(left, top, width, height, 7, { ...frame, fill: bad ? drawing.colours.bad : pen.shade(depth) });
  if (width >= 30 && lit >= 1) pen.text(show(norm), x, y, { size: 10, colour: bad ? pen.paper : pen.ink });
}

/** A cut through every layer, between two columns. */
export function cuts(pen, { drawing, geometry, window, position, stages, unrolling }) {
  if (window >= drawing.full || unrolling < 1) return;
  const [segment, size] = [drawing.segments[0], drawing.windows[window]];
  const many = size * geometry.column < 16; // lines that close would hide what they cut
  const ys = segment.layers.map((_, k) => geometry.y(segment, k));
  const [top, bottom] = [Math.min(...ys) - 24, Math.max(...ys) + 24];
  const gap = Math.min(10, 0.4 * geometry.column);
  const alpha = position > stages.forwardEnd ? 1 : 0.6;
  for (let t = size; t < segment.steps; t += size) {
    const x = geometry.starts[0] + t * geometry.column;
    if (many) {
      for (const y of ys) pen.line(x, y - 6, x, y + 22, { colour: pen.accent, alpha: 0.7 * alpha });
      continue;
    }
    pen.line(x, top, x, bottom, { colour: pen.paper, width: gap }); // the edge ends on one side and begins anew
    pen.line(x, top, x, bottom, { colour: pen.accent, width: 2, alpha, dash: [4, 3] });
    scissors(pen, x, top - 7, alpha);
  }
}

/** Open scissors, blades down. */
function scissors(pen, x, y, alpha) {
  const style = { colour: pen.accent, width: 1.3, alpha };
  pen.line(x - 2.5, y - 3, x + 2, y + 6, style);
  pen.line(x + 2.5, y - 3, x - 2, y + 6, style);
  for (const side of [-1, 1]) pen.path((context) => context.arc(x + side * 3.4, y - 5, 2, 0, 7), style);
}
