// The numbers that can be changed by hand: which there are to offer, what they are called, what they are now.

import { rangeOf } from "./timeplot.js";
import { layerWords, symbol, words } from "./panel.js";
import { origin } from "./terms.js";

const SEVERAL = 12; // inputs of a time step that are offered without being picked

/** The same for two edits of one place, whatever their values. */
export const keyOf = ({ value, ...place }) => JSON.stringify(place);

/** The edit, still without a value, of a place that was picked; null where the number is only a result. */
export function editOf(pass, place) {
  const { layer, t, unit, weight, row, column } = place;
  if (weight) return { kind: "weight", layer, weight, row, ...(column === undefined ? {} : { column }) };
  const node = pass.node(place.node);
  if (!node) return null;
  if (node.op === "input" || node.op === "previous") {
    const from = origin(pass, layer, node.id, t, unit);
    if (from.node !== node.id || from.layer !== layer) return editOf(pass, from);
    if (node.op === "input") return { kind: "input", t, index: unit };
    return { kind: "state", layer, name: node.name, t: -1, unit };
  }
  if (pass.description.states.includes(node.name)) return { kind: "state", layer, name: node.name, t, unit };
  if (node.name) return { kind: "clamp", layer, gate: node.name, unit };
  if (node.op !== "bias") return null;
  const first = pass.description.chunks.indexOf(node.chunk) * pass.recording.H;
  return { kind: "weight", layer, weight: node.weight, row: first + unit };
}

/** What an edit changes, in words. */
export function nameOf(pass, edit) {
  const { kind, layer, unit } = edit;
  const where = pass.recording.layers.length > 1 && layer !== undefined ? `, ${layerWords(pass.recording.layers[layer])}` : "";
  if (kind === "formula") return "Formula";
  if (kind === "input") return `input x${symbol(pass, { layer: 0, node: "x", t: edit.t, unit: edit.index }).slice(1)}`;
  if (kind === "state" && edit.t < 0) return `${edit.name}[${unit}] before the first time step${where}`;
  if (kind === "state") return `${words(pass.recording, edit.name)} ${symbol(pass, { ...edit, node: edit.name })}${where}`;
  if (kind === "clamp") {
    const units = unit === null ? "of all units" : `of unit ${unit}`;
    return `${words(pass.recording, edit.gate)} ${edit.gate} ${units}, at all time steps${where}`;
  }
  const chunk = pass.description.chunks[Math.floor(edit.row / pass.recording.H)];
  return `weight ${symbol(pass, { ...edit, chunk })}${where}`;
}

/** The number that an edit would replace, as the pass has it; of several the one of the unit at hand. */
export function valueOf(pass, edit, { t, unit }) {
  const { kind, layer } = edit;
  const at = pass.at(layer ?? 0);
  if (kind === "input") return at.x[edit.t * at.D + edit.index];
  if (kind === "weight") {
    const { data, shape } = at.weight(edit.weight);
    return data[edit.row * (shape[1] ?? 1) + (edit.column ?? 0)];
  }
  if (kind === "state") return edit.t < 0 ? at.start[edit.name][edit.unit] : at.value(edit.name, edit.t, edit.unit);
  return at.value(edit.gate, t, edit.unit ?? unit);
}

/** [low, high] for a slider: what the quantity can be, or half as much again as it is anywhere. */
export function spanOf(original, edit) {
  const { recording } = original;
  const quantity = edit.gate ?? edit.name;
  if (edit.kind === "clamp" && recording.header.bounds?.[quantity]) return recording.header.bounds[quantity];
  const at = original.at(edit.layer ?? 0);
  const numbers = { input: () => at.x, weight: () => at.weight(edit.weight).data, state: () => at.arrays.get(edit.name) };
  const [low, high] = rangeOf(numbers[edit.kind]?.() ?? []);
  const most = Math.max(1, 1.5 * Math.max(-low, high));
  return [-most, most];
}

/** Groups of edits without a value: [heading, [edit, ...]]. picked: the place that was picked last, or null. */
export function offers(store, picked) {
  const { pass, layer, t, unit } = store;
  const { description } = pass;
  const at = pass.at(layer);
  const read = Array.from({ length: Math.min(at.D, SEVERAL) }, (_, index) => ({ layer, node: "x", t, unit: index }));
  const inputs = pass.layersBelow(layer).length ? [] : read.map((place) => editOf(pass, place));
  const states = description.states.map((name) => ({ kind: "state", layer, name, t, unit }));
  const starts = states.map((edit) => ({ ...edit, t: -1 }));
  const gates = description.nodes.filter(({ name, op }) => name && op !== "previous" && !description.states.includes(name));
  const clamps = gates.flatMap(({ name }) => [unit, null].map((which) => ({ kind: "clamp", layer, gate: name, unit: which })));
  const first = picked && editOf(pass, picked);
  const others = [[`At time step ${t}`, [...states, ...inputs]], ["At all time steps", clamps], ["Before the first time step", starts]];
  if (!first) return others;
  const more = first.kind === "clamp" ? [first, { ...first, unit: null }] : [first];
  const keys = more.map(keyOf);
  return [["Picked", more], ...others.map(([heading, edits]) => [heading, edits.filter((edit) => !keys.includes(keyOf(edit)))])];
}
