// The same picture where columns are a few pixels wide: hundreds of nodes and edges in a few strokes per layer.

import { isCut, recurrent } from "./edges.js";
import { shadeOf } from "./scale.js";

/** Nodes as bars, without frames. */
export function bars(pen, { drawing, stages, geometry, position, unrolling }) {
  const { context } = pen;
  const { width, height } = geometry.node;
  for (const segment of drawing.segments) {
    for (const [k] of segment.layers.entries()) {
      const top = geometry.y(segment, k) - geometry.lift - height / 2;
      for (let t = 0; t < segment.steps; t++) {
        if (geometry.out(segment, t, unrolling) <= 0) continue;
        const [norm, lit] = [segment.norm("h", k, t), stages.forward(position, segment, k, t)];
        const bad = lit > 0 && !Number.isFinite(norm);
        context.fillStyle = bad ? drawing.colours.bad : pen.shade(shadeOf(norm / drawing.largest || 0) * (0.3 + 0.7 * lit));
        context.fillRect(geometry.nodeX(segment, k, t, unrolling) - width / 2, top, width, height);
      }
    }
  }
}

/** Recurrent edges along which values flow: those passed darker, one line each per layer and state. */
export function lines(pen, { drawing, stages, geometry, position, unrolling }) {
  for (const segment of drawing.segments) {
    for (const [k] of segment.layers.entries()) {
      for (const [n, state] of drawing.states.entries()) {
        const y = geometry.y(segment, k) + geometry.lanes[n];
        const colour = pen.of(drawing.colours[state]);
        for (const passed of [false, true]) {
          pen.path((context) => {
            for (const [t, next] of recurrent(segment, k)) {
              if (stages.forward(position, segment, k, next) > 0 !== passed) continue;
              context.moveTo(geometry.nodeX(segment, k, t, unrolling), y);
              context.lineTo(geometry.nodeX(segment, k, next, unrolling), y);
            }
          }, { colour, alpha: passed ? 0.5 : 0.2 });
        }
      }
    }
  }
}

/** Gradients along the recurrent edges, as ribbons, and from the loss. */
export function ribbons(pen, scene) {
  const { drawing, stages, geometry, position, window } = scene;
  for (const segment of drawing.segments) {
    for (const [k] of segment.layers.entries()) {
      const come = (t) => stages.backward(position, segment, k, t) > 0;
      for (const [n, state] of drawing.states.entries()) {
        const y = geometry.y(segment, k) + geometry.lanes[n];
        const colour = pen.of(drawing.colours[state]);
        const edges = (which, cut) => [...recurrent(segment, k)]
          .filter(([t, next]) => come(t) && !(cut && isCut(drawing, window, t, next)))
          .map(([t, next]) => {
            const [x1, x2] = [geometry.nodeX(segment, k, t), geometry.nodeX(segment, k, next)];
            return [Math.min(x1, x2), y, Math.abs(x2 - x1), segment.gradient(`passed/${state}`, which, k, t)];
          });
        if (window < drawing.full) ribbon(pen, scene, edges(drawing.full, false), { colour, alpha: 0.16 });
        ribbon(pen, scene, edges(window, true), { colour, alpha: 0.9 });
      }
      if (!segment.top.includes(k)) continue;
      // Down to the topmost row: those of a second direction stand beside the first's, and cross no nodes.
      const place = segment.top.length === 1 ? 0 : (segment.layers[k].reverse ? 0.22 : -0.22) * geometry.column;
      const most = Math.max(1, (segment.top.length === 1 ? 0.5 : 0.36) * geometry.column);
      const highest = Math.min(...segment.top.map((layer) => geometry.y(segment, layer)));
      const [top, bottom] = [geometry.loss + 5, highest - geometry.lift - geometry.node.height / 2];
      pen.path((context) => {
        for (let t = 0; t < segment.steps; t++) {
          const value = segment.loss(k, t);
          if (!(value > 0) || !Number.isFinite(value) || !come(t)) continue;
          const width = Math.min(scene.scale.width(value), most);
          context.rect(geometry.nodeX(segment, k, t) + place - width / 2, top, width, bottom - top);
        }
      }, { width: 0, fill: pen.ink, alpha: 0.4 });
    }
  }
}

/** edges: [left, middle, length, gradient]. Zero and what is no number are marked, as on single edges. */
function ribbon(pen, { drawing, scale }, edges, { colour, alpha }) {
  const solid = ([, , , value]) => value > 0 && Number.isFinite(value);
  pen.path((context) => {
    for (const [x, y, length, value] of edges.filter(solid)) {
      const width = scale.width(value);
      context.rect(x, y - width / 2, length + 0.25, width);
    }
  }, { width: 0, fill: colour, alpha });
  const marks = { [drawing.colours.zero]: (value) => value === 0, [drawing.colours.bad]: (value) => !Number.isFinite(value) };
  for (const [mark, holds] of Object.entries(marks)) {
    const found = edges.filter(([, , , value]) => holds(value));
    if (found.length === 0) continue;
    pen.path((context) => {
      for (const [x, y, length] of found) {
        context.moveTo(x, y);
        context.lineTo(x + length, y);
      }
    }, { colour: mark, alpha, width: mark === drawing.colours.bad ? 3 : 1.5, dash: [3, 3] });
  }
}
