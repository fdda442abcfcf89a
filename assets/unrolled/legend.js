// What shades, widths and marks mean, in a line above the picture that wraps; part of the picture, so that it is
// taken along with it.

import { power } from "../rnnviz.plot/numbers.js";
import { shadeOf, show } from "./scale.js";

const LINE = 22;
const FONT = 11;

/** The entries of a drawing: [words, width of the sample, how to draw it at (x, y)]. */
function entries(pen, scene) {
  const { drawing, scale, window } = scene;
  const found = [[`size of the hidden state ‖hₜ‖: 0 to ${show(drawing.largest)}`, 44, (x, y) => {
    for (let k = 0; k < 22; k++) pen.box(x + 2 * k, y - 5, 2.4, 10, 0, { width: 0, fill: pen.shade(shadeOf(k / 21)) });
    pen.box(x, y - 5, 44, 10, 2, { colour: pen.shade(0.5) });
  }]];
  if (!drawing.hasGradients) return found;
  found.push(["size of the gradient along an edge, log scale:", 0, () => {}]);
  const ends = [scale.low, Math.round((scale.low + scale.high) / 2), scale.high];
  for (const [k, exponent] of ends.entries()) {
    found.push([k === 0 ? `≤ ${power(exponent)}` : power(exponent), 26, (x, y) => {
      pen.line(x, y, x + 26, y, { width: scale.width(10 ** exponent), alpha: 0.78 });
    }]);
  }
  for (const [k, state] of drawing.states.entries()) {
    if (drawing.states.length > 1) found.push([`through ${state}: the ${k ? "upper" : "lower"} edge`, 18, (x, y) => pen.line(x, y, x + 18, y, { width: 5, colour: pen.of(drawing.colours[state]) })]);
  }
  if (window < drawing.full || scene.zeros) found.push(["exactly 0", 22, (x, y) => pen.line(x, y, x + 22, y, { colour: drawing.colours.zero, width: 1.5, dash: [2, 3] })]);
  if (scale.bad) found.push(["NaN or infinite", 22, (x, y) => pen.line(x, y, x + 22, y, { colour: drawing.colours.bad, width: 3, dash: [4, 3] })]);
  if (window < drawing.full) found.push(["pale: without cuts", 22, (x, y) => pen.line(x, y, x + 22, y, { width: 6, alpha: 0.16 })]);
  return found;
}

/** Draw the legend within a width, or only measure it: returns its height. */
export function legend(pen, scene, room, draw = true) {
  let [x, y] = [8, 12];
  for (const [words, sample, paint] of entries(pen, scene)) {
    const width = sample + 6 + pen.measure(words, FONT) + 18;
    if (x > 8 && x + width > room) [x, y] = [8, y + LINE];
    if (draw) {
      paint(x, y);
      pen.text(words, x + sample + 6, y, { size: FONT, align: "left", alpha: 0.8 });
    }
    x += width;
  }
  return y + 14;
}
