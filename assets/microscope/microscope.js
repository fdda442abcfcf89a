// The cell microscope: one sequence of a run, unit by unit and time step by time step. Streamlit calls the default
// export at the first drawing, at each new recording and at a change of theme; what a reader looks at stays.

import { mounted } from "../rnnviz.plot/mounted.js";
import { Arithmetic } from "./arithmetic.js";
import { ByHand } from "./byhand.js";
import { Diagram } from "./diagram.js";
import { Edits } from "./edits.js";
import { Equations } from "./equations.js";
import { Pass } from "./forward.js";
import { decode } from "./recording.js";
import { saveCsv, savePng, saveSvg } from "./saving.js";
import { Split } from "./split.js";
import { Store } from "./store.js";
import { Summary } from "./summary.js";
import { Tabs } from "./tabs.js";
import { Transport } from "./transport.js";

const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
const SETTLED = 500; // milliseconds after which the server hears what is looked at
const KEYS =
  "In the diagram, arrow keys go from part to part, and Enter picks one and opens or closes its box. Space plays and " +
  "pauses. N and B: one time step on and back; Home and End: the first and the last. U and Shift+U: the next unit and " +
  "the one before. On the slider, arrow keys change the time step. Outside, Space and the arrow keys train the run.";

class Microscope {
  constructor(parent, { data, setStateValue }) {
    this.tell = setStateValue;
    this.store = new Store();
    this.root = document.createElement("div");
    this.root.className = "rnnviz-microscope";
    this.root.tabIndex = -1; // a click anywhere in it, and the keys are its own
    this.notice = Object.assign(document.createElement("p"), { className: "notice" });
    this.notice.setAttribute("role", "status");
    this.diagram = new Diagram(this.store);
    this.transport = new Transport(this.store, () => this.diagram.scale);
    this.equations = new Equations(this.store, (id) => `var(${this.variable(id)})`);
    this.summary = new Summary(this.store);
    this.legend = Object.assign(document.createElement("p"), { className: "legend" });
    const extras = Object.assign(document.createElement("div"), { className: "extras" });
    const keys = document.createElement("details");
    keys.title = KEYS;
    keys.append(Object.assign(document.createElement("summary"), { textContent: "Keys" }), KEYS);
    this.tabs = new Tabs([
      ["equations", "Equations", this.equations.element],
      ["arithmetic", "Arithmetic", new Arithmetic(this.store).element],
      ["split", "Why", new Split(this.store).element],
      ["edits", "Change a number", new Edits(this.store).element],
      ["byhand", "By hand", new ByHand(this.store).element],
    ]);
    const main = document.createElement("div");
    main.className = "main";
    extras.append(this.summary.details, keys, this.saving());
    main.append(this.diagram.element, this.transport.element, this.legend, extras, this.summary.spoken);
    this.root.append(this.notice, main, this.tabs.element);
    parent.append(this.root);
    this.store.addEventListener("change", ({ detail }) => this.changed(detail));
    this.root.addEventListener("pointerover", ({ target }) => {
      this.store.set({ hover: target.closest("[data-node]")?.dataset.node ?? null });
    });
    this.root.addEventListener("pointerleave", () => this.store.set({ hover: null }));
    this.root.addEventListener("click", ({ target }) => {
      const node = this.equations.element.contains(target) && target.closest("[data-node]");
      if (node) this.store.set({ node: node.dataset.node });
      if (this.diagram.element.contains(target) && target.closest(".number, .part, .wires")) this.tabs.reveal();
    });
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    this.update(data);
  }

  /** A small menu of what can be taken along. */
  saving() {
    const menu = document.createElement("details");
    menu.append(Object.assign(document.createElement("summary"), { textContent: "Save this time step" }));
    const ways = { "Picture (SVG)": saveSvg, "Picture (PNG)": savePng, "Numbers (CSV)": saveCsv };
    for (const [label, take] of Object.entries(ways)) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      button.addEventListener("click", () => take(take === saveCsv ? this.store : this.diagram, `microscope-t${this.store.t}`));
      menu.append(button);
    }
    return menu;
  }

  /** Take a recording; the same bytes again mean a change of theme. */
  update(data) {
    const recording = decode(data);
    const { header } = recording;
    const asked = header.look.layer !== this.look?.layer ? { layer: header.look.layer } : {};
    const look = this.store.recording === null ? { ...header.look, t: header.look.time } : asked; // time and unit are the reader's, from then on
    this.look = header.look;
    const original = Pass.recorded(recording);
    const { layer, t, unit, node } = { ...this.store, ...look };
    const known = header.description.nodes.some(({ id }) => id === node);
    this.store.set({
      recording,
      original,
      pass: original,
      layer: Math.min(layer, recording.layers.length - 1),
      t: Math.max(0, Math.min(t, recording.T - 1)),
      unit: Math.max(0, Math.min(unit, recording.H - 1)),
      node: known ? node : null,
      hover: null,
    });
  }

  /** The name of the CSS variable that holds a node's colour. */
  variable(id) {
    return `--node-${Object.keys(this.store.recording.header.colours).indexOf(id)}`;
  }

  changed(names) {
    this.names = new Set([...(this.names ?? []), ...names]);
    if (names.includes("hover")) this.light();
    this.frame ??= requestAnimationFrame(() => this.draw());
    if (["t", "unit", "layer"].some((name) => names.includes(name))) this.report();
  }

  /** Once a frame at the most: what has changed since the last. */
  draw() {
    this.frame = null;
    const [names, changed] = [this.names, (...fields) => fields.some((name) => this.names.has(name))];
    this.names = new Set();
    if (this.closed) return;
    const { recording } = this.store;
    this.root.classList.toggle("empty", recording.T === 0);
    this.notice.hidden = recording.T > 0;
    if (recording.T === 0) {
      this.notice.textContent = "This sequence has no time steps, so there is nothing to look at. Choose another one.";
      return;
    }
    const started = performance.now();
    const rebuilt = ["recording", "layer"].some((name) => names.has(name)) || this.formula !== this.store.pass.description.cell;
    if (rebuilt) {
      this.formula = this.store.pass.description.cell;
      this.diagram.build();
      this.paint();
      this.equations.build();
      this.transport.build();
      this.explain();
    } else if (["pass", "t", "unit"].some((name) => names.has(name))) {
      this.diagram.show();
      this.equations.show();
    }
    this.transport.show();
    this.summary.show();
    this.root.classList.toggle("playing", this.store.playing);
    if (rebuilt || names.has("node")) this.mark();
    if (names.has("node") && this.store.node !== null && this.tabs.shown !== "edits") this.tabs.show("arithmetic");
    this.root.dataset.time = this.store.t;
    this.root.dataset.unit = this.store.unit;
    this.root.dataset.draws = Number(this.root.dataset.draws ?? 0) + 1;
    this.root.dataset.cost = (performance.now() - started).toFixed(2);
  }

  /** The colours of the nodes on this page. */
  paint() {
    const { colours } = this.store.recording.header;
    const { light, ink } = this.diagram.scale;
    for (const [k, both] of Object.values(colours).entries()) {
      this.root.style.setProperty(`--node-${k}`, both ? both[light ? "light" : "dark"] : ink);
    }
  }

  explain() {
    const { header, bytes, T, H } = this.store.recording;
    const size = bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
    this.legend.textContent =
      "A wire is as thick, and a box as full, as the number of the chosen unit is large; the strips show all units. " +
      "Above the slider: the inputs over time. Click a box to open it, a number for its arithmetic, a strip to choose a unit. " +
      `Recorded at step ${header.step.toLocaleString("en")}: ${count(T, "time step")}, ${count(H, "unit")}, ${size} sent once.`;
    this.root.dataset.bytes = bytes;
  }

  /** Light up everything that stands for the node under the pointer. */
  light() {
    for (const element of this.root.querySelectorAll(".lit")) element.classList.remove("lit");
    const { hover } = this.store;
    if (hover === null) return;
    for (const element of this.root.querySelectorAll(`[data-node="${CSS.escape(hover)}"]`)) element.classList.add("lit");
  }

  mark() {
    for (const element of this.root.querySelectorAll(".item.picked")) element.classList.remove("picked");
    const { node } = this.store;
    if (node === null) return;
    for (const element of this.root.querySelectorAll(`.item[data-node="${CSS.escape(node)}"]`)) element.classList.add("picked");
  }

  /** Once time, unit and layer have come to rest, the server hears of them: they then stand in the link. */
  report() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      const { t, unit, layer, playing } = this.store;
      if (playing) return this.report();
      if (this.told !== `${t} ${unit} ${layer}`) this.tell("look", { time: t, unit, layer });
      this.told = `${t} ${unit} ${layer}`;
      this.look.layer = layer; // the server will say it back
    }, SETTLED);
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.store.recording.T === 0) return;
    const { target, key } = event;
    const taken = target.matches("select, textarea, input:not([type=range])")
      || (key === " " && target.matches("button, summary, a"))
      || (["Home", "End"].includes(key) && target.matches("input"));
    const { t, unit, recording } = this.store;
    const within = this.diagram.element.contains(target);
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [on, back] = [1, -1].map((step) => () => this.transport.go(t + step));
    const acts = {
      " ": () => this.transport.play(!this.store.playing),
      Home: () => this.transport.go(0),
      End: () => this.transport.go(recording.T - 1),
      n: on,
      b: back,
      ...(target === this.root && { ArrowRight: on, ArrowLeft: back }),
      u: () => this.transport.chooseUnit(unit + 1),
      U: () => this.transport.chooseUnit(unit - 1),
    };
    const act = within && key in moves ? () => this.diagram.move(moves[key])
      : within && key === "Enter" ? () => this.diagram.pick(this.diagram.current)
      : !taken ? acts[key] : null;
    event.stopPropagation(); // the page's own keys train the run
    if (!act) return;
    event.preventDefault();
    act();
  }

  close() {
    this.closed = true;
    clearTimeout(this.waiting);
    this.diagram.close();
    this.transport.close();
    this.root.remove();
  }
}

export default mounted(({ data, parentElement, setStateValue }) => new Microscope(parentElement, { data, setStateValue }));
