// What the parts of the microscope share: the numbers, and what the reader looks at. Each part listens for `change`.

const FIELDS = ["recording", "original", "pass", "layer", "t", "unit", "node", "hover", "playing"];

/**
 * recording: as `decode` gives it. original: the Pass of the recording; pass: the edited one, or the same object.
 * layer: index into recording.layers; t: time step; unit. node: id of the node that was picked, or null; hover: of
 * the one under the pointer, or null. playing: whether time runs.
 */
export class Store extends EventTarget {
  recording = null;
  original = null;
  pass = null;
  layer = 0;
  t = 0;
  unit = 0;
  node = null;
  hover = null;
  playing = false;

  /** Take new values and dispatch `change`, with the names of those that differ as its detail. */
  set(changes) {
    const names = Object.keys(changes).filter((name) => this[name] !== changes[name]);
    const unknown = names.find((name) => !FIELDS.includes(name));
    if (unknown) throw new Error(`The store has no field "${unknown}"; it has ${FIELDS.join(", ")}.`);
    if (names.length === 0) return;
    for (const name of names) this[name] = changes[name];
    this.dispatchEvent(new CustomEvent("change", { detail: names }));
  }
}
