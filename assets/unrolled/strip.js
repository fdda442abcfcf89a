// Below the columns, on their time axis: how large the gradient is at every time step, on a log axis.

import { rowName } from "./labels.js";
import { power } from "../rnnviz.plot/numbers.js";

export function strip(pen, scene) {
  const { drawing, geometry, stages, position, window, scale, unrolling } = scene;
  if (!drawing.hasGradients || unrolling < 1) return;
  const { stripTop: top, stripHeight: height } = geometry;
  const y = (value) => top + height * (1 - scale.place(value));
  const last = drawing.last;
  const [x1, x2] = [geometry.starts[0], geometry.x(last, last.steps - 1) + geometry.column / 2];
  for (const exponent of scale.exponents) {
    const row = y(10 ** exponent);
    pen.line(x1, row, x2, row, { alpha: 0.14 });
    if (geometry.narrow) pen.text(power(exponent), x1 + 1, row - 6, { size: 9, align: "left", alpha: 0.65 });
    else pen.text(power(exponent), x1 - 6, row, { size: 10, align: "right", alpha: 0.65 });
  }
  pen.text("‖dL/dhₜ‖", geometry.narrow ? x1 : x1 - 6, top - (geometry.narrow ? 26 : 15), { size: 11, align: geometry.narrow ? "left" : "right", alpha: 0.65 });
  for (const segment of drawing.segments) {
    for (const [k, layer] of segment.layers.entries()) {
      const shown = segment.layers.length > 1 ? 0.45 + (0.55 * (layer.level + 1)) / segment.depth : 1;
      const dash = layer.reverse ? [4, 3] : [];
      if (window < drawing.full) line(drawing.full, { width: 1, alpha: 0.3 * shown, dash });
      line(window, { width: 1.6, alpha: shown, dash });

      function line(which, style) {
        pen.path((context) => {
          let before = null;
          for (let t = 0; t < segment.steps; t++) {
            const value = segment.gradient("total/h", which, k, t);
            const drawn = value >= 10 ** scale.low && Number.isFinite(value) && stages.backward(position, segment, k, t) > 0;
            const [x, height] = [geometry.x(segment, t), drawn ? y(value) : 0];
            if (drawn && before === null) context.moveTo(x - (segment.steps === 1 ? 4 : 0), height);
            if (drawn) context.lineTo(x, height);
            before = drawn ? value : null;
          }
        }, style);
      }
    }
  }
  if (position >= stages.end && window < drawing.full) unreached(pen, scene, top + 0.82 * height);
  if (position <= stages.forwardEnd) {
    pen.text("back-propagation draws the gradient here", (x1 + x2) / 2, top + height / 2, { size: 11, alpha: 0.5 });
  }
}

/** Where truncation lets no gradient get to, said on the axis. */
function unreached(pen, { drawing, geometry, window }, y) {
  const segment = drawing.segments[0];
  const none = (t) => segment.layers.every((_, k) => segment.gradient("total/h", window, k, t) === 0);
  let end = 0;
  while (end < segment.steps && none(end)) end++;
  if (end === 0) return;
  const [words, left] = ["no gradient gets here", geometry.starts[0]];
  const right = left + end * geometry.column;
  pen.line(left, y + 12, right, y + 12, { colour: pen.accent, width: 2 });
  if (pen.measure(words, 11) + 8 < right - left) pen.text(words, (left + right) / 2, y, { size: 11, colour: pen.accent });
}
