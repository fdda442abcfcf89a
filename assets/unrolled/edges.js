// The edges of the network: thin where values flow, as thick as the gradient that runs back along them.

/** Every recurrent edge: from a time step to the one that a layer computes next. */
export function* recurrent(segment, layer) {
  const step = segment.layers[layer].reverse ? -1 : 1;
  for (let t = step > 0 ? 0 : segment.steps - 1; t + step >= 0 && t + step < segment.steps; t += step) yield [t, t + step];
}

/** Whether truncation cuts the edge between two neighbouring time steps. */
export function isCut(drawing, window, t, next) {
  return window < drawing.full && Math.max(t, next) % drawing.windows[window] === 0;
}

/** Thin edges along which values flow; those just being computed in the accent colour. */
export function values(pen, scene) {
  const { drawing, stages, geometry, position, unrolling } = scene;
  const heads = geometry.column >= 34;
  for (const segment of drawing.segments) {
    const flow = (layer, t, x1, y1, x2, y2, colour = pen.ink) => {
      const lit = stages.forward(position, segment, layer, t);
      const now = lit > 0 && lit < 1 || isNow(scene, segment, layer, t);
      const out = geometry.out(segment, t, unrolling);
      if (out <= 0) return;
      const style = now ? { colour: pen.accent, width: 2 } : { colour, alpha: (0.2 + 0.25 * lit) * out };
      pen.line(x1, y1, x2, y2, style);
      if (heads) pen.head(x2, y2, x2 - x1, y2 - y1, now ? { colour: pen.accent } : { colour, alpha: 0.5 * out });
    };
    const { width, height } = geometry.node;
    for (const [k] of segment.layers.entries()) {
      const [side, y] = [segment.layers[k].reverse ? -1 : 1, geometry.y(segment, k)];
      for (const [n, state] of drawing.states.entries()) {
        const [offset, colour] = [geometry.lanes[n], pen.of(drawing.colours[state])];
        for (const [t, next] of recurrent(segment, k)) {
          const x1 = geometry.nodeX(segment, k, t, unrolling) + (side * width) / 2;
          flow(k, next, x1, y + offset, geometry.nodeX(segment, k, next, unrolling) - (side * width) / 2, y + offset, colour);
        }
      }
    }
    for (let t = 0; t < segment.steps; t++) {
      for (const [upper, lower] of segment.edges) {
        if (lower < 0 && !segment.inputs) continue;
        const [x1, y1] = below(geometry, segment, lower, t, unrolling);
        flow(upper, t, x1, y1, geometry.nodeX(segment, upper, t, unrolling), geometry.y(segment, upper) + height / 2);
      }
      if (!answers(segment, t)) continue;
      for (const k of segment.top) {
        const x = geometry.nodeX(segment, k, t, unrolling);
        flow(k, t, x, geometry.y(segment, k) - height / 2, geometry.x(segment, t, unrolling), geometry.loss + 5);
      }
    }
  }
}

/** Whether the network says something at a time step. */
export function answers(segment, t) {
  const outputs = segment.outputs;
  return Boolean(outputs) && (outputs.kind === "values" || outputs.text[t] !== null);
}

/** Whether the last whole tick of the forward pass was this one. */
export function isNow({ stages, position }, segment, layer, t) {
  const done = position - stages.unrolled - stages.tick(segment, layer, t);
  return position <= stages.forwardEnd && done >= 1 && done < 2 && position < stages.forwardEnd;
}

function below(geometry, segment, lower, t, unrolling) {
  if (lower < 0) return [geometry.x(segment, t, unrolling), geometry.inputs];
  return [geometry.nodeX(segment, lower, t, unrolling), geometry.y(segment, lower) - geometry.node.height / 2];
}

/** The gradient, back along the same edges: as far as back-propagation has come. */
export function gradients(pen, scene) {
  const { drawing, stages, geometry, position, window } = scene;
  const { height } = geometry.node;
  for (const segment of drawing.segments) {
    const come = (layer, t) => stages.backward(position, segment, layer, t);
    for (const [k] of segment.layers.entries()) {
      const y = geometry.y(segment, k);
      for (const [n, state] of drawing.states.entries()) {
        const kind = `passed/${state}`;
        const row = y + geometry.lanes[n];
        const colour = pen.of(drawing.colours[state]);
        for (const [t, next] of recurrent(segment, k)) {
          const ends = [geometry.nodeX(segment, k, next), row, geometry.nodeX(segment, k, t), row];
          const now = segment.gradient(kind, window, k, t);
          if (window < drawing.full) {
            band(pen, scene, ends, segment.gradient(kind, drawing.full, k, t), { colour, alpha: 0.16 * come(k, t) });
          }
          if (!isCut(drawing, window, t, next)) band(pen, scene, ends, now, { colour, alpha: come(k, t), back: true });
        }
      }
      for (let t = 0; t < segment.steps; t++) {
        const entering = segment.loss(k, t);
        if (entering === 0) continue; // most time steps of most tasks have no loss of their own
        if (segment.outputs && !answers(segment, t)) { // a reverse layer ends where another has just begun
          pen.line(geometry.x(segment, t), geometry.loss, geometry.x(segment, segment.steps - 1), geometry.loss, { alpha: 0.4 * come(k, t) });
        }
        const [x, top] = [geometry.nodeX(segment, k, t), geometry.loss + 5];
        band(pen, scene, [geometry.x(segment, t), top, x, y - geometry.lift - height / 2], entering, { alpha: come(k, t), back: true });
      }
    }
    for (const [n, [upper, lower]] of segment.edges.entries()) {
      if (lower < 0 && !segment.inputs) continue;
      for (let t = 0; t < segment.steps; t++) {
        const [x, y] = below(geometry, segment, lower, t, 1);
        const ends = [geometry.nodeX(segment, upper, t), geometry.y(segment, upper) + height / 2, x, y];
        band(pen, scene, ends, segment.down(window, n, t), { alpha: come(lower < 0 ? upper : lower, t), back: true });
      }
    }
  }
}

/** One edge with a gradient on it: as wide as its logarithm says; exactly zero and not a number are marked. */
export function band(pen, { drawing, scale, geometry }, [x1, y1, x2, y2], value, { colour = pen.ink, alpha = 1, back = false }) {
  if (alpha <= 0) return;
  if (!Number.isFinite(value)) {
    pen.line(x1, y1, x2, y2, { colour: drawing.colours.bad, width: 3, alpha, dash: [4, 3] });
  } else if (value === 0) {
    pen.line(x1, y1, x2, y2, { colour: drawing.colours.zero, width: 1.5, alpha, dash: [2, 3] });
  } else {
    const most = Math.abs(y1 - y2) > 1 ? 0.4 * geometry.column : Infinity; // vertical edges keep to their column
    const width = Math.min(scale.width(value), Math.max(1, most));
    const level = Math.abs(y1 - y2) < 1; // recurrent edges stand out from those within a time step
    pen.line(x1, y1, x2, y2, { colour, width, alpha: alpha * (back ? (level ? 0.9 : 0.28) : 1) });
    if (back && geometry.column >= 34 && level) {
      const middle = (x1 + x2) / 2;
      pen.head(middle + Math.sign(x2 - x1) * 4, y1, x2 - x1, 0, { colour: pen.paper, size: Math.max(3, 0.5 * width), alpha });
    }
  }
}
