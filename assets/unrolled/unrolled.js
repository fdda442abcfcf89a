// A recurrent network unrolled through time. Streamlit calls the default export at the first drawing, at each new
// payload and at a change of theme; the picture behind an element stays the same. Nothing here asks the server.

import { mounted } from "../rnnviz.plot/mounted.js";
import { Toolbar } from "../rnnviz.plot/toolbar.js";
import { Controls } from "./controls.js";
import { decode } from "./drawing.js";
import { saveNumbers, savePicture } from "./export.js";
import { Geometry } from "./geometry.js";
import { listen } from "./keys.js";
import { legend } from "./legend.js";
import { Pen } from "./pen.js";
import { Readout, summary } from "./readout.js";
import { WidthScale } from "./scale.js";
import { paint } from "./scene.js";
import { Stages } from "./stages.js";
import { story } from "./story.js";

const TOLD = "rnnviz:time";
const GROUP = "time";
const left = new Map(); // name -> where a picture stood when it was last seen: { position, window size }
const still = matchMedia("(prefers-reduced-motion: reduce)");

class Unrolled {
  constructor(parent, payload, name) {
    this.name = name;
    this.position = left.get(name)?.position ?? Infinity;
    this.size = left.get(name)?.size ?? Infinity;
    this.cursor = null;
    this.playing = false;
    this.build();
    parent.append(this.root);
    this.update(payload);
    this.resized = new ResizeObserver(() => this.measure());
    this.resized.observe(this.scroller);
    this.hear = ({ detail }) => {
      if (detail.group === GROUP && detail.from !== this) this.point(detail.time === null ? null : { segment: this.drawing.last, t: detail.time }, false);
    };
    addEventListener(TOLD, this.hear);
  }

  build() {
    this.root = document.createElement("section");
    this.root.className = "rnnviz-unrolled";
    this.root.ariaLabel = "The network unrolled through time";
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.scroller = document.createElement("div");
    this.scroller.className = "rnnviz-unrolled-picture";
    this.scroller.append(this.canvas);
    this.controls = new Controls({
      play: () => this.play(!this.playing),
      step: (by) => this.step(by),
      seek: (position) => this.seek(position),
      part: (name) => this.playPart(name),
      cut: (window) => this.cut(window),
    });
    this.readout = new Readout();
    this.toolbar = new Toolbar({
      reset: () => {},
      saves: [
        ["Picture (PNG)", () => savePicture(this.canvas, this.pen.paper, this.name)],
        ["Numbers (CSV)", () => saveNumbers(this.scene, this.name)],
      ],
    });
    this.root.append(this.scroller, this.toolbar.element, this.controls.element, this.readout.element);
    this.canvas.addEventListener("pointermove", (event) => this.point(this.geometry.at(event.offsetX, event.offsetY)));
    this.canvas.addEventListener("pointerleave", () => this.point(this.head()));
    this.canvas.addEventListener("click", (event) => this.jump(this.geometry.at(event.offsetX, event.offsetY)));
    listen(this.root, {
      play: () => this.play(!this.playing),
      step: (by) => this.step(by),
      first: () => this.seek(0),
      last: () => this.seek(this.stages.end),
    });
  }

  /** Take a new payload; the same bytes again mean a change of theme. */
  update(payload) {
    if (payload !== this.payload) {
      this.payload = payload;
      this.take(decode(payload));
    }
    this.measure();
  }

  take(drawing) {
    this.drawing = drawing;
    this.scale = new WidthScale(drawing.numbers, drawing.states.length > 1 ? 14 : 18);
    this.zeros = drawing.hasGradients && drawing.zeros;
    this.stages = new Stages(drawing);
    this.position = Math.min(this.position, this.stages.end);
    const cut = drawing.windows.findIndex((size) => size >= this.size);
    this.window = cut < 0 ? drawing.full : cut;
    if (this.cursor) {
      const segment = drawing.segments[this.cursor.segment.number] ?? drawing.last;
      this.cursor = { segment, t: Math.min(this.cursor.t, segment.steps - 1) };
    }
    this.controls.fit(this);
  }

  /** Lay it out anew for the width there is. */
  measure() {
    const room = this.scroller.clientWidth;
    if (room === 0 || this.closed) return;
    this.pen = new Pen(this.canvas.getContext("2d"), this.root);
    this.geometry = new Geometry(this.drawing, room, legend(this.pen, this.scene, room, false));
    const { width, height } = this.geometry;
    const ratio = Math.max(1, devicePixelRatio);
    [this.canvas.width, this.canvas.height] = [width * ratio, height * ratio];
    [this.canvas.style.width, this.canvas.style.height] = [`${width}px`, `${height}px`];
    this.pen.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.draw();
  }

  get scene() {
    const { drawing, stages, geometry, scale, position, window, cursor, playing, zeros } = this;
    return { drawing, stages, geometry, scale, position, window, cursor, playing, zeros, unrolling: stages.unrolling(position) };
  }

  /** Draw at the next frame. */
  schedule() {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      if (this.playing) this.advance(now);
      if (this.geometry) this.draw();
      if (this.playing) this.schedule();
    });
  }

  draw() {
    const { scene } = this;
    paint(this.pen, scene);
    this.controls.show(scene);
    this.readout.show(scene);
    if (!this.playing) this.canvas.setAttribute("aria-label", `${story(scene)} ${summary(scene)}`);
    Object.assign(this.root.dataset, { position: this.position, end: this.stages.end, phase: this.stages.phase(this.position).name });
    left.set(this.name, { position: this.position, size: this.size });
  }

  /** The time step that the animation has come to. */
  head() {
    const { segment, t } = this.stages.phase(this.position);
    return segment ? { segment, t } : null;
  }

  advance(now) {
    const seconds = Math.min(0.1, (now - (this.before ?? now)) / 1000);
    this.before = now;
    const { stages } = this;
    const pace = this.position < stages.unrolled ? stages.unrolled / 1.6 : stages.pace;
    this.exact = (this.exact ?? this.position) + seconds * pace;
    if (still.matches) { // no motion: one state after another
      if (this.exact < stages.unrolled) this.exact = stages.unrolled;
      this.position = Math.floor(this.exact);
    } else {
      this.position = this.exact;
    }
    if (this.position >= this.until) {
      this.position = this.until;
      this.play(false);
    }
    const head = this.head();
    this.point(head);
    if (head) this.scroller.scrollLeft = this.geometry.scrolled(head, this.scroller.scrollLeft);
  }

  /** Play to a position, the end unless said, or pause. */
  play(yes, until = this.stages.end) {
    if (yes && this.position >= this.stages.end && until === this.stages.end) this.position = 0;
    if (!yes) this.position = Math.round(this.position);
    Object.assign(this, { playing: yes, until, before: null, exact: this.position });
    this.schedule();
  }

  playPart(name) {
    const { unrolled, forwardEnd, end } = this.stages;
    if (name === "unroll" && this.position >= unrolled) return this.seek(0);
    const [from, to] = { unroll: [0, unrolled], forward: [unrolled, forwardEnd], backward: [forwardEnd, end] }[name];
    this.position = from;
    this.playing = false;
    return this.play(true, to);
  }

  seek(position) {
    this.play(false);
    this.position = Math.min(this.stages.end, Math.max(0, position));
    this.point(this.head());
    this.schedule();
  }

  /** One time step on or back; the unrolling is one step. */
  step(by) {
    const { unrolled } = this.stages;
    const at = Math.round(this.position);
    if (by > 0) this.seek(at < unrolled ? unrolled : at + 1);
    else this.seek(at <= unrolled ? 0 : at - 1);
  }

  /** Go to where a time step is computed, in the phase that is looked at. */
  jump(place) {
    if (!place || this.position < this.stages.unrolled) return;
    this.seek(this.stages.positionOf(place.segment, place.t, this.position > this.stages.forwardEnd));
  }

  cut(window) {
    this.window = window;
    this.size = window === this.drawing.full ? Infinity : this.drawing.windows[window];
    this.measure(); // the legend may have grown by a line
  }

  /** Move the time cursor, and tell the other figures of the page. */
  point(place, tell = true) {
    if (place && !(place.t >= 0 && place.t < place.segment.steps)) place = null;
    if (place?.segment === this.cursor?.segment && place?.t === this.cursor?.t) return;
    this.cursor = place;
    this.schedule();
    if (!tell || (place && place.segment !== this.drawing.last)) return;
    dispatchEvent(new CustomEvent(TOLD, { detail: { group: GROUP, time: place ? place.t : null, from: this } }));
  }

  close() {
    this.closed = true;
    this.playing = false;
    this.resized.disconnect();
    removeEventListener(TOLD, this.hear);
    this.root.remove();
  }
}

export default mounted(({ data, key, parentElement }) => new Unrolled(parentElement, data, key));
