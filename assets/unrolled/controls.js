// The buttons and sliders below the picture. The line of positions has three parts, each a button that plays it.

import { percent } from "./scale.js";
import { story, where } from "./story.js";

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function button(words, label, press) {
  const made = element("button", "", words);
  made.type = "button";
  if (label) made.ariaLabel = made.title = label;
  made.addEventListener("click", press);
  return made;
}

function range(label, input) {
  const made = element("input");
  made.type = "range";
  made.min = 0;
  made.step = 1;
  made.ariaLabel = label;
  made.addEventListener("input", () => input(Number(made.value)));
  return made;
}

const PARTS = [["unroll", "Unroll"], ["forward", "Forward pass"], ["backward", "Back-propagation"]];

export class Controls {
  /** actions: { play(), step(by), seek(position), part(name), cut(window) } */
  constructor(actions) {
    this.play = button("Play", "", actions.play);
    this.play.classList.add("main");
    this.position = range("Position: unrolling, forward pass, back-propagation", actions.seek);
    this.parts = PARTS.map(([name, words]) => button(words, "", () => actions.part(name)));
    const line = element("div", "rnnviz-unrolled-line", this.position, element("div", "parts", ...this.parts));
    const buttons = element("div", "rnnviz-unrolled-buttons", button("‹", "One step back", () => actions.step(-1)), this.play, button("›", "One step on", () => actions.step(1)));
    this.transport = element("div", "rnnviz-unrolled-transport", buttons, line);
    this.window = range("Truncated back-propagation: time steps between two cuts", actions.cut);
    this.words = element("span", "words");
    this.left = element("span", "left");
    this.story = element("p", "story");
    this.truncation = element("div", "rnnviz-unrolled-cut", element("span", "name", "Truncate: cut the recurrent edges"), this.window, this.words, this.left);
    this.note = element("p", "note");
    this.element = element("div", "rnnviz-unrolled-controls", this.transport, this.story, this.truncation, this.note);
  }

  /** Fit the sliders to a drawing. */
  fit({ drawing, stages }) {
    this.position.max = stages.end;
    const shares = [stages.unrolled, stages.ticks, drawing.hasGradients ? stages.ticks : 0];
    for (const [k, part] of this.parts.entries()) {
      part.style.flex = `${shares[k]} 1 0`;
      part.hidden = shares[k] === 0;
    }
    this.truncation.hidden = drawing.windows.length < 2;
    this.window.max = Math.max(0, drawing.full);
    this.note.textContent = drawing.notes.join(" ");
    this.note.hidden = drawing.notes.length === 0;
  }

  show(scene) {
    const { drawing, stages, position, window, playing } = scene;
    this.play.textContent = playing ? "Pause" : position >= stages.end ? "Replay" : "Play";
    this.position.value = Math.round(position);
    this.position.setAttribute("aria-valuetext", where(scene));
    this.story.textContent = story(scene);
    this.parts[0].textContent = position >= stages.unrolled ? "Roll up" : "Unroll";
    if (drawing.windows.length < 2) return;
    const size = drawing.windows[window];
    this.window.value = window;
    const uncut = window === drawing.full;
    this.words.textContent = uncut ? "never: full back-propagation" : size === 1 ? "at every time step" : `every k = ${size} time steps`;
    this.window.setAttribute("aria-valuetext", this.words.textContent);
    const share = drawing.share(window);
    this.left.textContent = `Of the gradient that reaches the first time step, ‖dL/dh₀‖ in layer l0, ${percent(share)} is left.`;
  }
}
