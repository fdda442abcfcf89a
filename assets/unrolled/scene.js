// The whole picture at one moment, painted from back to front.

import { attention, links } from "./bridges.js";
import { bars, lines, ribbons } from "./dense.js";
import { gradients, values } from "./edges.js";
import { frame, given, inputs, outputs } from "./labels.js";
import { legend } from "./legend.js";
import { cuts, nodes } from "./nodes.js";
import { rolled } from "./rolled.js";
import { strip } from "./strip.js";

/**
 * scene: { drawing, stages, geometry, scale, position, unrolling, window, cursor: { segment, t } or null }.
 * pen: over a context whose unit is a CSS pixel.
 */
export function paint(pen, scene) {
  const { geometry, cursor, unrolling } = scene;
  pen.context.clearRect(0, 0, geometry.width, geometry.height);
  if (cursor && unrolling >= 1) {
    const x = geometry.x(cursor.segment, cursor.t) - geometry.column / 2;
    const top = geometry.outputs - 4;
    pen.box(x, top, geometry.column, geometry.height - top, 4, { width: 0, fill: pen.accent, alpha: 0.12 });
  }
  legend(pen, scene, geometry.room);
  frame(pen, scene);
  rolled(pen, scene);
  given(pen, scene);
  const back = scene.drawing.hasGradients && scene.position > scene.stages.forwardEnd;
  (geometry.dense ? lines : values)(pen, scene);
  links(pen, scene);
  if (back) (geometry.dense ? ribbons : gradients)(pen, scene);
  (geometry.dense ? bars : nodes)(pen, scene);
  attention(pen, scene);
  cuts(pen, scene);
  inputs(pen, scene);
  outputs(pen, scene);
  strip(pen, scene);
}
