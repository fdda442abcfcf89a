// The few buttons of a figure: reset the zoom, take the picture or the numbers along.

import { icon } from "./icon.js";

const ICONS = {
  reset: "M4 10a8 8 0 1 1 2.3 5.7M4 4v6h6",
  save: "M12 4v11m0 0l-5-5m5 5l5-5M5 20h14",
};

function button(label, onPress, content = label) {
  const element = document.createElement("button");
  element.type = "button";
  if (content !== label) element.ariaLabel = element.title = label;
  element.append(content);
  element.addEventListener("click", onPress);
  return element;
}

export class Toolbar {
  /** actions: { reset: function, saves: [[label, function], …] } */
  constructor(actions) {
    this.element = document.createElement("div");
    this.element.className = "rnnviz-plot-tools";
    this.reset = button("Reset the zoom", actions.reset, icon(ICONS.reset));
    this.reset.hidden = true;
    this.opener = button("Download this figure", () => this.open(this.menu.hidden), icon(ICONS.save));
    this.opener.ariaExpanded = "false";
    this.menu = document.createElement("div");
    this.menu.className = "rnnviz-plot-menu";
    this.menu.hidden = true;
    for (const [label, action] of actions.saves) {
      this.menu.append(button(label, () => { this.open(false); action(); }));
    }
    this.element.append(this.reset, this.opener, this.menu);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.menu.hidden) return;
      this.open(false);
      this.opener.focus();
    });
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget)) this.open(false);
    });
  }

  open(yes) {
    this.menu.hidden = !yes;
    this.opener.ariaExpanded = String(yes);
    if (yes) this.menu.firstElementChild.focus();
  }

  showReset(yes) {
    this.reset.hidden = !yes;
  }
}
