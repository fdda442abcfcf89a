// What happens at a position, in words: shortly for the slider, and as a sentence below it.

import { isCut } from "./edges.js";
import { show } from "./scale.js";

const PHASES = { rolled: "Rolled up.", unrolling: "Unrolling.", unrolled: "Unrolled." };

/** "Forward pass, t = 3." */
export function where({ stages, position }) {
  const { name, segment, t } = stages.phase(position);
  if (!segment) return PHASES[name];
  return `${name === "forward" ? "Forward pass" : "Back-propagation"}, ${segment.name ? `${segment.name.toLowerCase()} ` : ""}t = ${t}.`;
}

/** What is to be understood there. */
export function story(scene) {
  const { drawing, stages, position } = scene;
  const { name, segment, t } = stages.phase(position);
  if (name === "rolled") return "One network that reads an input xₜ and, along the loop, its own state of the time step before.";
  if (name === "unrolling") return "The loop is laid out along time: a copy of the network for every time step, all with the same weights.";
  if (name === "unrolled") return "Unrolled: copies of one network, all with the same weights. Next, the forward pass computes one state after the other.";
  const at = where(scene).slice(0, -1);
  const layer = stages.layerAt(position);
  if (name === "forward") {
    const from = t === (layer.reverse ? segment.steps - 1 : 0) ? "the initial state" : `h of t = ${layer.reverse ? t + 1 : t - 1}`;
    return `${at}: hₜ follows from the input and ${from}. ‖hₜ‖ = ${show(segment.norm("h", layer.number, t))}.`;
  }
  return position >= stages.end ? whole(scene) : `${at}: ${arriving(drawing, scene.window, segment, layer, t)}`;
}

function arriving(drawing, window, segment, { number, reverse }, t) {
  const next = reverse ? t - 1 : t + 1; // computed after t: the gradient comes from there
  const [here, later] = [t, next].map((time) => segment.gradient("total/h", window, number, time));
  const size = `‖dL/dhₜ‖ = ${show(here)}`;
  if (here === 0) return "no gradient gets here; nothing at this time step is told how to do better.";
  if (!(next >= 0 && next < segment.steps)) return `${size}, from the loss.`;
  if (isCut(drawing, window, t, next)) return `${size}; what would come from t = ${next} is cut off.`;
  return later > 0 ? `${size}, ${show(here / later)} times that at t = ${next}.` : `${size}.`;
}

/** The end: how much of the gradient has come all the way. */
function whole({ drawing, window }) {
  const segment = drawing.segments[0];
  const end = segment.steps - 1;
  if (segment.directions === 2 || end === 0) return "Back-propagation is through.";
  const [first, last] = [0, end].map((t) => segment.gradient("total/h", window, 0, t));
  const share = first > 0 && last > 0 && Number.isFinite(first / last) ? `, ${show(first / last)} times as large` : first === 0 && window < drawing.full ? ", beyond a cut" : "";
  const place = segment.name ? `the ${segment.name.toLowerCase()}'s ` : "";
  return `Back-propagation is through: ‖dL/dhₜ‖ in ${segment.layers[0].name} is ${show(last)} at ${place}t = ${end} and ${show(first)} at t = 0${share}.`;
}
