// What is read and said: real inputs below the columns, real outputs and targets above, time along the bottom.

import { frames } from "./frames.js";

const SIZE = 12;
const dash = "–";

/** A word cut to a width, or null where not even a letter fits. */
function fitted(pen, word, room, mono) {
  if (pen.measure(word, SIZE, 400, mono) <= room) return word;
  for (let end = word.length - 1; end > 0; end--) {
    const cut = `${word.slice(0, end)}…`;
    if (pen.measure(cut, SIZE, 400, mono) <= room) return cut;
  }
  return null;
}

/** The middle of a word of some half width so that it stays beside the row's name and on the canvas. */
const within = (geometry, segment, x, half) => Math.max(geometry.starts[segment.number] + half, Math.min(x, geometry.width - half - 4));

/** One word per column; where they do not all fit, none but at the time cursor. */
function words(pen, scene, segment, list, y, lit, colourOf = () => pen.ink) {
  const { geometry, cursor, unrolling } = scene;
  const single = list.every((word) => word === null || [...word].length <= 2);
  const sparse = list.filter((word) => word !== null).length <= 2; // an answer at the end has the row to itself
  const room = sparse ? 150 : geometry.column - 1;
  const fits = sparse || list.every((word) => word === null || pen.measure(word, SIZE, 400, single) <= room);
  const cuts = !fits && geometry.column >= 30;
  for (const [t, word] of list.entries()) {
    if (word === null || (!fits && !cuts)) continue;
    const x = geometry.x(segment, t, unrolling);
    const half = pen.measure(word, SIZE, 400, single) / 2;
    const inside = sparse ? within(geometry, segment, x, half) : x;
    const strong = cursor?.segment === segment && cursor.t === t;
    const shown = fits ? word : fitted(pen, word, room, single);
    if (shown === null) continue;
    const style = { colour: colourOf(t), mono: single, weight: strong ? 700 : 400 };
    pen.text(shown, inside, y, { ...style, alpha: geometry.out(segment, t, unrolling) ** 3 * (0.35 + 0.65 * lit(t)) });
  }
  if (fits || cuts || cursor?.segment !== segment || list[cursor.t] === null) return;
  const half = pen.measure(list[cursor.t], SIZE, 700, single) / 2;
  const x = within(geometry, segment, geometry.x(segment, cursor.t, unrolling), half);
  pen.text(list[cursor.t], x, y, { weight: 700, colour: colourOf(cursor.t), alpha: geometry.out(segment, cursor.t, unrolling) });
}

export function inputs(pen, scene) {
  const { drawing, geometry, unrolling } = scene;
  for (const segment of drawing.segments) {
    const { inputs: read } = segment;
    if (!read) continue;
    const top = geometry.inputs;
    if (read.kind === "text") {
      words(pen, scene, segment, read.text, top + 12, () => 1);
    } else if (read.kind === "frames") {
      frames(pen, scene, segment, top + 4);
    } else {
      numbers(pen, scene, segment, read.names.length, top + 4);
    }
    if (geometry.narrow || segment.number > 0) continue;
    const names = read.kind !== "values" ? ["input"] : read.names.length <= 2 ? read.names : [`${read.names.length} inputs`];
    const height = read.kind === "text" ? 24 : read.kind === "frames" ? geometry.inputHeight : read.names.length <= 2 ? 34 : 10 + 7 * read.names.length;
    for (const [k, name] of names.entries()) rowName(pen, geometry, segment, name, top + height * k + height / 2, unrolling);
  }
}

/** Numbers along time: up to two as bars on a line each, more as cells whose shade is their value. */
function numbers(pen, { drawing, geometry, unrolling, cursor }, segment, count, top) {
  const { data } = segment.get("inputs");
  const finite = data.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const reach = high - low || 1;
  for (let t = 0; t < segment.steps; t++) {
    const [x, alpha] = [geometry.x(segment, t, unrolling), geometry.out(segment, t, unrolling) ** 3];
    const strong = cursor?.segment === segment && cursor.t === t;
    for (let k = 0; k < count; k++) {
      const value = data[t * count + k];
      const wide = Math.max(1, Math.min(14, 0.55 * geometry.column));
      if (count > 2) {
        const size = Math.min(7, 0.9 * geometry.column);
        const fill = Number.isFinite(value) ? pen.shade((value - low) / reach) : drawing.colours.bad;
        pen.box(x - size / 2, top + 7 * k, size, 7, 0, { width: 0, fill, alpha });
        if (k === 0) pen.box(x - size / 2, top, size, 7 * count, 0, { width: 0.5, alpha: 0.4 * alpha });
        continue;
      }
      const room = geometry.column >= 38 ? 16 : 28; // the number itself stands below its bar where it fits
      const zero = top + 34 * k + (room * high) / reach;
      pen.line(x - wide, zero, x + wide, zero, { alpha: 0.25 * alpha });
      if (!Number.isFinite(value)) {
        pen.text("×", x, zero - 6, { colour: drawing.colours.bad, alpha });
        continue;
      }
      const tall = (room * value) / reach;
      pen.box(x - wide / 2, tall > 0 ? zero - tall : zero, wide, Math.abs(tall), 0, { width: 0, fill: strong ? pen.accent : pen.shade(0.6), alpha });
      if (geometry.column >= 38) pen.text(String(Number(value.toPrecision(2))), x, top + 34 * k + 23, { size: 10, alpha });
    }
  }
}

export function outputs(pen, scene) {
  const { drawing, geometry, stages, position, unrolling } = scene;
  for (const segment of drawing.segments) {
    const said = segment.outputs;
    if (!said) continue;
    const lit = (t) => Math.min(...segment.top.map((k) => stages.forward(position, segment, k, t)));
    if (said.kind === "values") {
      curve(pen, scene, segment, lit);
      continue;
    }
    const [wanted, given] = [geometry.outputs + 9, geometry.outputs + 27];
    words(pen, scene, segment, said.targets, wanted, () => 0.5);
    const hidden = said.text.map((word, t) => (lit(t) > 0 ? word : word === null ? null : dash));
    words(pen, scene, segment, hidden, given, lit, (t) => (said.right[t] === false && lit(t) > 0 ? pen.wrong : pen.ink));
    for (const [t, word] of said.text.entries()) {
      if (word === null || geometry.dense) continue;
      const [x, out] = [geometry.x(segment, t, unrolling), geometry.out(segment, t, unrolling)];
      if (out <= 0) continue;
      if (said.right[t] === false && lit(t) > 0) pen.text("×", x, geometry.loss, { size: 18, colour: pen.wrong, weight: 700 });
      else pen.path((context) => context.arc(x, geometry.loss, 4, 0, 7), { fill: pen.shade(0.08 + 0.5 * lit(t)), alpha: out });
    }
    if (geometry.narrow) continue;
    rowName(pen, geometry, segment, "target", wanted, unrolling);
    rowName(pen, geometry, segment, "output", given, unrolling);
  }
}

/** Outputs (thin, as far as computed) against targets (broad and pale) of a task with numbers. */
function curve(pen, { geometry, unrolling, drawing }, segment, lit) {
  const { data } = segment.get("outputs");
  const steps = segment.steps;
  const finite = data.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const height = geometry.outputHeight - 6;
  const y = (value) => geometry.outputs + 2 + (height * (high - value)) / (high - low || 1);
  const alpha = unrolling ** 3;
  for (const [row, style] of [[1, { width: 5, alpha: 0.28 * alpha, cap: "round" }], [0, { width: 1.5, alpha }]]) {
    pen.path((context) => {
      for (let t = 0; t < steps; t++) {
        const value = data[row * steps + t];
        if (!Number.isFinite(value) || (row === 0 && lit(t) <= 0)) continue;
        const x = geometry.x(segment, t, unrolling);
        if (t === 0 || !Number.isFinite(data[row * steps + t - 1]) || steps === 1) context.moveTo(x - (steps === 1 ? 4 : 0), y(value));
        context.lineTo(x, y(value));
      }
    }, style);
  }
  for (let t = 0; t < steps; t++) {
    const x = geometry.x(segment, t, unrolling);
    if (!Number.isFinite(data[t])) pen.text("×", x, geometry.outputs + height / 2, { colour: drawing.colours.bad, alpha });
    if (!geometry.dense) pen.path((context) => context.arc(x, geometry.loss, 4, 0, 7), { fill: pen.shade(0.08 + 0.5 * lit(t)), alpha });
  }
  if (geometry.narrow) return;
  rowName(pen, geometry, segment, segment.outputs.names[0], geometry.outputs + height / 2, unrolling);
}

/** The vector that a decoder starts from, as the picture that it is. */
export function given(pen, { drawing, geometry }) {
  for (const segment of drawing.segments) {
    if (!segment.given) continue;
    const { rows, columns } = segment.given;
    const { data } = segment.get("given");
    const size = Math.min(geometry.given - 22, 72) / Math.max(rows, columns);
    const [left, top] = [geometry.starts[0] - geometry.given + 2, geometry.y(segment, 0) - (rows * size) / 2];
    const [low, high] = [Math.min(...data), Math.max(...data)];
    for (const [k, value] of data.entries()) {
      const [row, column] = [Math.floor(k / columns), k % columns];
      pen.box(left + column * size, top + row * size, size + 0.4, size + 0.4, 0, { width: 0, fill: pen.shade((value - low) / (high - low || 1)) });
    }
    pen.box(left, top, columns * size, rows * size, 2, { alpha: 0.5 });
    const [x, y] = [left + columns * size, top + (rows * size) / 2];
    pen.line(x + 3, y, geometry.nodeX(segment, 0, 0) - geometry.node.width / 2, y, { alpha: 0.5 });
    pen.head(geometry.nodeX(segment, 0, 0) - geometry.node.width / 2, y, 1, 0, { alpha: 0.6 });
  }
}

/** Names of segments, layers and time steps. */
export function frame(pen, scene) {
  const { drawing, geometry, unrolling, cursor, position, stages } = scene;
  for (const segment of drawing.segments) {
    const [x1, x2] = [geometry.x(segment, 0) - geometry.column / 2, geometry.x(segment, segment.steps - 1) + geometry.column / 2];
    if (drawing.segments.length > 1) {
      pen.text(segment.name, (x1 + x2) / 2, geometry.titles - 14, { size: 13, weight: 600 });
      pen.line(x1, geometry.titles - 3, x2, geometry.titles - 3, { alpha: 0.3 });
    }
    if (!geometry.narrow && drawing.attention && !segment.outputs) {
      rowName(pen, geometry, segment, "attention", geometry.loss + 6, position > stages.forwardEnd ? 1 : 0);
    }
    if (!geometry.narrow && segment.number === 0 && !geometry.given) {
      for (const [k, layer] of segment.layers.entries()) {
        const name = `l${layer.level} ${layer.reverse ? "←" : "→"}`;
        rowName(pen, geometry, segment, segment.layers.length > 1 ? name : "hₜ", geometry.y(segment, k), unrolling);
      }
    }
    const every = [1, 2, 5, 10, 20, 50, 100, 200].find((n) => n * geometry.column >= 26) ?? 500;
    for (let t = 0; t < segment.steps; t++) {
      const here = cursor?.segment === segment && cursor.t === t;
      const near = cursor?.segment === segment && Math.abs(cursor.t - t) * geometry.column < 24;
      if (!here && (t % every !== 0 || near)) continue;
      const alpha = geometry.out(segment, t, unrolling) ** 3 * (here ? 1 : 0.6);
      pen.text(String(t), geometry.x(segment, t, unrolling), geometry.axis + 8, { size: 11, weight: here ? 700 : 400, alpha });
    }
    if (!geometry.narrow && segment.number === 0) rowName(pen, geometry, segment, "time step t", geometry.axis + 8, unrolling);
  }
}

export function rowName(pen, geometry, segment, name, y, alpha) {
  const right = geometry.starts[segment.number] - 8 - (geometry.given && segment.number === 0 ? geometry.given : 0);
  pen.text(fitted(pen, name, 68) ?? "", right, y, { size: 11, align: "right", alpha: 0.65 * alpha });
}
