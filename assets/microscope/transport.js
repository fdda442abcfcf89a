// Where in the sequence one is: play, step, a slider over the time steps, and the inputs above it.

import { icon } from "../rnnviz.plot/icon.js";
import { feature } from "./items.js";
import { fresh, largest, strip } from "./vectors.js";

const TIME = "rnnviz:time";
const UNIT = "rnnviz:unit";
const GROUP = "time";
const RATES = [1, 2, 5, 10, 20, 60]; // time steps per second
const ICONS = {
  first: "M6 5v14M19 5l-9 7 9 7z",
  back: "M16 5l-9 7 9 7z",
  play: "M7 4l13 8-13 8z",
  pause: "M7 5h4v14H7zM14 5h4v14h-4z",
  on: "M8 5l9 7-9 7z",
};
const ROWS = 50; // of inputs
const INSET = 8; // half the slider's thumb

function button(name, label, keys, press) {
  const element = document.createElement("button");
  element.type = "button";
  element.append(icon(ICONS[name]));
  element.ariaLabel = label;
  element.title = keys ? `${label} (${keys})` : label;
  element.addEventListener("click", press);
  return element;
}

function labelled(text, control) {
  const element = document.createElement("label");
  element.append(text, control);
  return element;
}

export class Transport {
  /** scale(): the Scale of the page's colours. */
  constructor(store, scale) {
    this.store = store;
    this.scale = scale;
    this.element = document.createElement("div");
    this.element.className = "transport";
    this.player = button("play", "Play through the sequence", "Space", () => this.play(!store.playing));
    this.rate = document.createElement("select");
    for (const rate of RATES) this.rate.add(new Option(`${rate} / s`, rate, false, rate === 5));
    this.unit = Object.assign(document.createElement("input"), { type: "number", min: 0, step: 1 });
    this.unit.addEventListener("input", () => this.chooseUnit(this.unit.valueAsNumber));
    this.slider = Object.assign(document.createElement("input"), { type: "range", min: 0, step: 1 });
    this.slider.ariaLabel = "Time step";
    this.slider.addEventListener("input", () => this.go(this.slider.valueAsNumber));
    this.where = document.createElement("span");
    this.where.className = "where";
    this.inputs = document.createElement("canvas");
    this.inputs.className = "inputs";
    this.inputs.title = "The inputs over time. A click goes there.";
    this.inputs.ariaHidden = "true"; // the slider is for all who do not see it
    this.inputs.addEventListener("click", (event) => this.go(this.timeAt(event)));
    this.told = (event) => this.hear(event);
    for (const name of [TIME, UNIT]) addEventListener(name, this.told);
    const row = document.createElement("div");
    row.className = "row";
    row.append(
      button("first", "First time step", "Home", () => this.go(0)),
      button("back", "One time step back", "B", () => this.go(store.t - 1)),
      this.player,
      button("on", "One time step on", "N", () => this.go(store.t + 1)),
      labelled("Speed", this.rate),
      this.where,
      labelled("Unit", this.unit),
    );
    const track = document.createElement("div");
    track.className = "track";
    track.append(this.inputs, this.slider);
    this.element.append(row, track);
    this.resized = new ResizeObserver(() => this.drawInputs());
    this.resized.observe(track);
  }

  /** Go to a time step; the other figures of the page hear of it. */
  go(t) {
    const last = this.store.recording.T - 1;
    const time = Math.min(last, Math.max(0, t));
    if (time !== this.store.t) dispatchEvent(new CustomEvent(TIME, { detail: { group: GROUP, time, from: this } }));
  }

  /** Look at a unit; what is no unit is passed over. */
  chooseUnit(unit) {
    if (Number.isInteger(unit) && unit >= 0 && unit < this.store.recording.H) {
      dispatchEvent(new CustomEvent(UNIT, { detail: { unit, from: this } }));
    }
  }

  hear({ type, detail }) {
    const { T, H } = this.store.recording ?? { T: 0, H: 0 };
    const [name, most, value] = type === TIME ? ["t", T, detail.time] : ["unit", H, detail.unit];
    if (type === TIME && detail.group !== GROUP) return;
    if (Number.isInteger(value) && value >= 0 && value < most) this.store.set({ [name]: value });
  }

  /** Play from here, or from the start if this is the end. */
  play(yes) {
    const { store } = this;
    if (yes && store.recording.T < 2) return;
    if (yes && store.t === store.recording.T - 1) this.go(0);
    store.set({ playing: yes });
    this.due = performance.now() + 1000 / Number(this.rate.value);
    if (yes) requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    if (!this.store.playing) return;
    if (now >= this.due) {
      const rate = Number(this.rate.value);
      const steps = Math.max(1, Math.min(4, Math.floor(((now - this.due) * rate) / 1000) + 1));
      this.due = Math.max(this.due + (steps * 1000) / rate, now);
      this.go(this.store.t + steps);
      if (this.store.t >= this.store.recording.T - 1) this.store.set({ playing: false });
    }
    requestAnimationFrame((later) => this.tick(later));
  }

  /** What belongs to a recording: the ends of the slider, the inputs above it. */
  build() {
    const { T, H } = this.store.recording;
    this.slider.max = Math.max(0, T - 1);
    this.slider.disabled = this.player.disabled = T < 2;
    this.unit.max = H - 1;
    this.unit.title = `0 to ${H - 1}. A click on a strip chooses a unit too (U and Shift+U: the next, the one before).`;
    this.drawInputs();
    this.show();
  }

  show() {
    const { t, unit, playing, recording } = this.store;
    if (this.slider.valueAsNumber !== t) this.slider.value = t;
    this.slider.setAttribute("aria-valuetext", `time step ${t} of 0 to ${recording.T - 1}`);
    this.where.textContent = recording.T > 1 ? `Time step ${t} of ${recording.T - 1}` : "The only time step";
    if (document.activeElement !== this.unit || !Number.isNaN(this.unit.valueAsNumber)) {
      if (this.unit.valueAsNumber !== unit) this.unit.value = unit;
    }
    if (this.player.dataset.playing !== String(playing)) {
      this.player.dataset.playing = playing;
      this.player.replaceChildren(icon(playing ? ICONS.pause : ICONS.play));
      this.player.ariaLabel = playing ? "Pause" : "Play through the sequence";
    }
    const share = recording.T > 1 ? t / (recording.T - 1) : 0.5;
    this.element.style.setProperty("--time", share);
  }

  timeAt(event) {
    const box = this.inputs.getBoundingClientRect();
    return Math.floor(((event.clientX - box.left - this.inset) / (box.width - 2 * this.inset)) * this.store.recording.T);
  }

  /** The inputs over time: a row a feature, most of them in colours; a single one as bars would be too small to read. */
  drawInputs() {
    const { recording, pass, layer } = this.store;
    const width = this.inputs.parentElement?.clientWidth ?? 0;
    if (!recording?.T || !width) return;
    const { data, shape } = recording.arrays.get("inputs");
    const [time, features] = shape;
    const together = Math.ceil(features / ROWS); // the largest of so many features
    const rows = Math.ceil(features / together);
    const height = Math.max(14, rows * (rows > 24 ? 2 : 4) + 2);
    const context = fresh(this.inputs, width, height);
    const scale = this.scale().of("x", null, largest(data));
    const colour = (value) => (value === 0 ? "transparent" : scale(value)); // most of a one-hot input
    // A column of time stands where the slider's thumb stands at that time.
    const wide = time > 1 ? (width - 2 * INSET) / (time - 1) : width;
    this.inset = Math.max(0, INSET - wide / 2);
    const box = { x: time > 1 ? INSET - wide / 2 : 0, width: time > 1 ? wide * time : width, height: (height - 2) / rows };
    for (let d = 0; d < rows; d++) {
      const row = Float32Array.from({ length: time }, (_, t) => {
        const some = data.subarray(t * features + d * together, t * features + Math.min((d + 1) * together, features));
        return some[feature(some)];
      });
      strip(context, row, { ...box, y: 1 + d * box.height }, colour, null, "");
    }
  }

  close() {
    for (const name of [TIME, UNIT]) removeEventListener(name, this.told);
    this.resized.disconnect();
    this.store.playing = false;
  }
}
