// The panels below the diagram, one at a time.

let sets = 0;

export class Tabs {
  /** panels: [name, label, element], in order; the first is shown. */
  constructor(panels) {
    this.element = document.createElement("div");
    this.element.className = "tabs";
    const list = document.createElement("div");
    list.setAttribute("role", "tablist");
    list.ariaLabel = "About this time step";
    const set = ++sets;
    this.panels = new Map(panels.map(([name, label, content]) => {
      const tab = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      tab.setAttribute("role", "tab");
      tab.id = `rnnviz-tab-${set}-${name}`;
      const body = document.createElement("div");
      body.setAttribute("role", "tabpanel");
      body.setAttribute("aria-labelledby", tab.id);
      body.append(content);
      tab.addEventListener("click", () => this.show(name));
      list.append(tab);
      return [name, { tab, body }];
    }));
    list.addEventListener("keydown", (event) => this.pressed(event));
    this.element.append(list, ...[...this.panels.values()].map(({ body }) => body));
    this.show(panels[0][0]);
  }

  show(name) {
    this.shown = name;
    for (const [each, { tab, body }] of this.panels) {
      tab.setAttribute("aria-selected", each === name);
      tab.tabIndex = each === name ? 0 : -1;
      body.hidden = each !== name;
    }
  }

  /** Scroll as far as it takes to see where the panel begins, and no further. */
  reveal() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.element.firstChild.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  }

  pressed(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = [...this.panels.keys()];
    this.show(names.at((names.indexOf(this.shown) + step) % names.length));
    this.panels.get(this.shown).tab.focus();
    event.preventDefault();
  }
}
