// Between an encoder and a decoder: the final states that are handed over, and what the decoder looks at.

import { band } from "./edges.js";

/** The encoder's final states become the decoder's first; the gradient comes back the same way. */
export function links(pen, scene) {
  const { drawing, geometry, stages, position, unrolling } = scene;
  for (const [n, segment] of drawing.segments.entries()) {
    const next = drawing.segments[n + 1];
    if (!next || unrolling < 1) continue;
    for (const [k, layer] of segment.layers.entries()) {
      const to = next.layers.findIndex((each) => each.level === layer.level);
      const end = layer.reverse ? 0 : segment.steps - 1;
      const lit = stages.forward(position, segment, k, end);
      const half = geometry.node.width / 2;
      const [y, target] = [geometry.y(segment, k), geometry.y(next, to)];
      const [from, into] = [geometry.nodeX(segment, k, segment.steps - 1) + half, geometry.nodeX(next, to, 0) - half];
      for (const [s, state] of drawing.states.entries()) {
        const ends = [from, y + geometry.lanes[s], into, target + geometry.lanes[s]];
        pen.line(...ends, { alpha: 0.2 + 0.4 * lit, dash: layer.reverse ? [2, 3] : [] });
        if (!drawing.hasGradients) continue;
        const come = position > stages.forwardEnd ? stages.backward(position, segment, k, end) : 0;
        band(pen, scene, [ends[2], ends[3], ends[0], ends[1]], segment.get(`link/${state}`).data[k], { colour: pen.of(drawing.colours[state]), alpha: come, back: true });
      }
    }
  }
}

/** Between the time step under the cursor and all those of the other segment, as strong as the decoder looks. */
export function attention(pen, { drawing, geometry, cursor, unrolling, position, stages }) {
  const { attention: weights, segments: [source], last: decoder } = drawing;
  if (!weights || unrolling < 1 || !cursor) return;
  const top = source.top[source.top.length - 1];
  const end = (segment, layer) => geometry.y(segment, layer) - geometry.lift - geometry.node.height / 2;
  const pairs = [];
  if (cursor.segment === decoder) for (let s = 0; s < source.steps; s++) pairs.push([cursor.t, s]);
  else for (let t = 0; t < decoder.steps; t++) pairs.push([t, cursor.t]);
  for (const [t, s] of pairs) {
    const weight = weights.data[t * source.steps + s];
    if (!(weight > 0.004)) continue;
    const lit = stages.forward(position, decoder, decoder.top[0], t);
    const [x1, x2] = [geometry.nodeX(decoder, decoder.top[0], t), geometry.nodeX(source, top, s)];
    pen.path((context) => {
      context.moveTo(x1, end(decoder, decoder.top[0]));
      context.bezierCurveTo(x1, geometry.loss - 4, x2, geometry.loss - 4, x2, end(source, top));
    }, { colour: pen.accent, width: 0.6 + 7 * weight, alpha: (0.25 + 0.65 * weight) * lit });
  }
}
