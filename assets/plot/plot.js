// Draws an ordinary plotly figure and updates it in place. Streamlit calls the default export at the
// first drawing, at each new figure and at a change of theme; the Plot behind an element stays the same.

import { Cursor } from "./cursor.js";
import { save, savePicture, toCsv } from "./download.js";
import { loadPlotly } from "./loader.js";
import { mounted } from "./mounted.js";
import { wrapNote } from "./note.js";
import { merge, readTheme, themeLayout, themeTraces } from "./theme.js";
import { Toolbar } from "./toolbar.js";

const decoder = new TextDecoder();
const UNIT = "rnnviz:unit";
const AXIS = /^([xy]axis\d*)\.(range|autorange)/;

class Plot {
  constructor(parent, payload, chosen) {
    this.chosen = chosen;
    this.root = document.createElement("figure");
    this.root.className = "rnnviz-plot waiting";
    this.chart = document.createElement("div");
    this.chart.className = "rnnviz-plot-chart";
    this.chart.setAttribute("role", "img");
    this.overlay = document.createElement("div");
    this.overlay.className = "rnnviz-plot-overlay";
    this.cursor = new Cursor(this.chart, this.overlay);
    this.toolbar = new Toolbar({
      reset: () => this.resetZoom(),
      saves: [
        ["Picture (PNG)", () => this.savePicture("png")],
        ["Picture (SVG)", () => this.savePicture("svg")],
        ["Numbers (CSV)", () => save(`${this.name}.csv`, "text/csv;charset=utf-8", toCsv(this.chart))],
      ],
    });
    this.root.append(this.chart, this.overlay, this.toolbar.element);
    parent.append(this.root);
    this.root.dataset.draws = 0;
    this.update(payload);
    this.resized = new ResizeObserver(() => this.schedule());
    this.resized.observe(this.root);
  }

  /** Take a new figure; the same bytes again mean a change of theme. */
  update(payload) {
    const { figure, alt, name, cursor, height, plotly } = JSON.parse(decoder.decode(payload));
    Object.assign(this, { figure, name, version: plotly });
    this.root.style.height = `${height}px`;
    this.root.hidden = !figure; // it is still to come
    if (!figure) return void loadPlotly(plotly).catch(console.error);
    this.axes = structuredClone(figure.layout ?? {}); // what each axis was asked to show
    this.chart.setAttribute("aria-label", alt);
    this.cursor.join(cursor);
    this.schedule();
  }

  /** Draw at the next frame. One drawing at a time; figures that arrive meanwhile but the last are passed over. */
  schedule() {
    if (!this.figure) return;
    this.due = true;
    this.frame ??= requestAnimationFrame(async () => {
      try {
        const Plotly = await loadPlotly(this.version);
        this.due = false;
        await this.draw(Plotly);
      } catch (error) {
        this.due = false;
        this.fail(error);
      }
      this.frame = null;
      if (this.due) this.schedule();
    });
  }

  async draw(Plotly) {
    const width = this.root.clientWidth;
    if (this.closed || width === 0) return; // an unopened tab: the observer calls again
    this.Plotly = Plotly;
    const theme = readTheme(this.root);
    const given = structuredClone(this.figure.layout ?? {}); // Plotly writes into what it is given
    const touch = matchMedia("(pointer: coarse)").matches;
    const layout = {
      dragmode: touch ? false : "zoom", // a finger scrolls the page
      uirevision: "kept",
      ...given,
      template: merge(given.template ?? {}, { layout: themeLayout(theme) }),
      width,
      height: this.root.clientHeight,
    };
    wrapNote(layout, theme.font);
    const config = { displayModeBar: false, displaylogo: false, responsive: false, doubleClick: "reset" };
    await Plotly.react(this.chart, themeTraces(this.figure.data ?? [], theme), layout, config);
    this.cursor.Plotly = Plotly;
    if (!this.listening) this.listen();
    this.background = theme.paper;
    this.root.classList.remove("waiting");
    this.root.dataset.draws = Number(this.root.dataset.draws) + 1;
    this.cursor.show();
  }

  listen() {
    this.listening = true;
    this.chart.on("plotly_relayout", (change) => {
      const axes = Object.keys(change).map((name) => AXIS.exec(name)).filter(Boolean);
      if (axes.length) this.toolbar.showReset(this.zoomed());
      this.cursor.show();
    });
    this.chart.on("plotly_click", ({ points: [point] }) => this.choose(point));
    this.chart.on("plotly_hover", ({ points: [point] }) => this.cursor.hover(point));
  }

  /** A click on a unit: other components of the page hear it as an event, the server if it asked to. */
  choose(point) {
    const named = point[this.figure.layout?.meta?.unit]; // 7, or "unit 7"
    const digits = /\d+/.exec(named ?? "");
    if (!digits) return;
    const unit = Number(digits[0]);
    dispatchEvent(new CustomEvent(UNIT, { detail: { unit, from: this } }));
    this.chosen("unit", unit);
  }

  /** [axis, the range asked for or undefined] of every axis drawn. */
  ranges() {
    const names = Object.keys(this.chart._fullLayout).filter((name) => /^[xy]axis\d*$/.test(name));
    return names.map((name) => [name, this.axes[name]?.range]);
  }

  zoomed() {
    return this.ranges().some(([name, range]) => {
      const axis = this.chart._fullLayout[name];
      return range ? axis.range.some((end, k) => String(end) !== String(range[k])) : !axis.autorange;
    });
  }

  resetZoom() {
    const change = {};
    for (const [name, range] of this.ranges()) {
      if (range) change[`${name}.range`] = range.slice();
      else change[`${name}.autorange`] = this.axes[name]?.autorange ?? true;
    }
    this.Plotly.relayout(this.chart, change);
  }

  savePicture(format) {
    savePicture(this.Plotly, this.chart, format, this.name, this.background).catch((error) => this.fail(error));
  }

  fail(error) {
    console.error(error);
    this.root.classList.remove("waiting");
    if (Number(this.root.dataset.draws) === 0) this.chart.textContent = `This figure could not be drawn. ${error.message}`;
  }

  close() {
    this.closed = true;
    this.resized.disconnect();
    this.cursor.leave();
    if (this.listening) this.Plotly.purge(this.chart);
    this.root.remove();
  }
}

export default mounted(({ data, parentElement, setTriggerValue }) => new Plot(parentElement, data, setTriggerValue));
