// What pointing at a part of the diagram shows: its vector over the units, and the exact number under the pointer.

import { show } from "../rnnviz.plot/numbers.js";
import { written } from "./symbols.js";
import { bars, fresh, largest } from "./vectors.js";

const [WIDTH, HEIGHT] = [232, 56];

export class Tip {
  constructor(store, room) {
    this.store = store;
    this.room = room;
    this.element = document.createElement("div");
    this.element.className = "tip";
    this.element.hidden = true;
    this.title = document.createElement("div");
    this.number = document.createElement("div");
    this.canvas = document.createElement("canvas");
    this.element.append(this.title, this.canvas, this.number);
  }

  /** item of the diagram, its numbers, and the one that is pointed at. */
  show(item, values, index, event, { symbols, scale }) {
    const { words } = this.store.recording.header;
    const label = words[symbols.byId.get(item.id).name || item.id]?.label ?? "";
    this.title.replaceChildren(`${label} `, ...written(symbols.name(item.id), (id) => scale.colour(id)));
    const context = fresh(this.canvas, WIDTH, HEIGHT);
    const most = item.bounds ? item.bounds[1] : largest(values);
    bars(context, values, { x: 1, y: 1, width: WIDTH - 2, height: HEIGHT - 2 }, scale.of(item.id, item.bounds, most), most, index, scale.ink);
    const input = item.kind === "input";
    const name = input && item.label(index) ? ` “${item.label(index)}”` : "";
    this.number.textContent = `${input ? "input" : "unit"} ${index}${name} of ${values.length}: ${show(values[index], 9)}${this.recorded(item, values, index)}`;
    this.element.hidden = false;
    this.place(item.element.querySelector(".body").getBoundingClientRect(), event.clientX);
  }

  /** What the number was before the changes made by hand, if they reach it. */
  recorded({ id }, values, index) {
    const { pass, original, layer, t } = this.store;
    const before = pass === original ? undefined : original.nodes(layer, t).get(id)?.[index];
    return before === undefined || Math.fround(before) === Math.fround(values[index]) ? "" : `, was ${show(before)}`;
  }

  /** Above what it is about, or below where there is no room; within the figure. */
  place(item, x) {
    const box = this.room.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const above = item.top - box.top - height - 10;
    const left = Math.min(box.width - width, Math.max(0, x - box.left - width / 2));
    this.element.style.left = `${left}px`;
    this.element.style.top = `${above >= -60 ? above : item.bottom - box.top + 10}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}
