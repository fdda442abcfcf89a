// One time cursor for all figures of a group: pointing at a time step in one marks it in the others.
// Lines are elements laid over the drawing, so that moving the cursor redraws nothing. Other components of the page
// tell and hear the time by a window event: `rnnviz:time`, with { group, time } as its detail.

const TOLD = "rnnviz:time";
const groups = new Map();

addEventListener(TOLD, ({ detail: { group: name, time } }) => {
  const group = groups.get(name);
  if (!group || group.time === time) return;
  group.time = time;
  for (const member of group.members) member.show();
});

/** The cartesian subplots of a drawn figure whose x axis is time: those `layout.meta.time` names, else all. */
function timeSubplots(chart) {
  const layout = chart._fullLayout;
  const wanted = chart.layout?.meta?.time;
  return Object.values(layout?._plots ?? {}).filter(
    ({ xaxis }) => xaxis?._length && (!wanted || wanted.includes(xaxis._id)),
  );
}

/** The time under a pointer, or null outside the axes. Whole time steps on number axes. */
function timeAt(chart, event) {
  const box = chart.getBoundingClientRect();
  const [left, top] = [event.clientX - box.left, event.clientY - box.top];
  for (const { xaxis, yaxis } of timeSubplots(chart)) {
    const [x, y] = [left - xaxis._offset, top - yaxis._offset];
    if (x < 0 || x > xaxis._length || y < 0 || y > yaxis._length) continue;
    const value = xaxis.p2d(x);
    return xaxis.type === "linear" ? Math.round(value) : value;
  }
  return null;
}

export class Cursor {
  constructor(chart, overlay) {
    this.chart = chart;
    this.overlay = overlay;
    this.group = null;
    chart.addEventListener("pointermove", (event) => this.path || this.send(timeAt(chart, event)));
    chart.addEventListener("pointerleave", () => this.send(null));
  }

  /** Of a figure whose time steps are places on a path: { x, y } or { x, y, z }, an array each. */
  get path() {
    return this.chart.layout?.meta?.path;
  }

  /** A point of the path was pointed at. */
  hover(point) {
    if (this.path && Number.isInteger(point.customdata)) this.send(point.customdata);
  }

  join(name) {
    if (name === this.group) return;
    this.leave();
    this.group = name;
    if (!name) return;
    if (!groups.has(name)) groups.set(name, { members: new Set(), time: null });
    groups.get(name).members.add(this);
  }

  leave() {
    const group = groups.get(this.group);
    group?.members.delete(this);
    if (group?.members.size === 0) groups.delete(this.group);
    this.group = null;
    this.overlay.replaceChildren();
  }

  send(time) {
    const group = groups.get(this.group);
    if (!group || group.time === time) return;
    dispatchEvent(new CustomEvent(TOLD, { detail: { group: this.group, time } }));
  }

  /** The place on a path in the plane, as a dot. */
  dot(time) {
    const { xaxis, yaxis } = this.chart._fullLayout?._plots?.xy ?? {};
    const [x, y] = [this.path.x[time] ?? null, this.path.y[time] ?? null];
    if (x === null || !xaxis) return [];
    const dot = document.createElement("b");
    dot.style.left = `${xaxis._offset + xaxis.d2p(x)}px`;
    dot.style.top = `${yaxis._offset + yaxis.d2p(y)}px`;
    return [dot];
  }

  /** The place on a path in space: the last trace is a point that moves there, and turns with the figure. */
  move() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      const { path, chart } = this;
      if (!path?.z || !chart.data?.length) return;
      const now = groups.get(this.group)?.time ?? null;
      const place = ["x", "y", "z"].map((name) => (now === null ? null : path[name][now] ?? null));
      const [x, y, z] = place.map((value) => [value === null ? [] : [value]]);
      this.Plotly?.restyle(chart, { x, y, z }, [chart.data.length - 1]);
    });
  }

  /** Draw the group's time; also called after each redraw, when the axes may have moved. */
  show() {
    const time = groups.get(this.group)?.time ?? null;
    if (this.path?.z) this.move();
    const lines = this.path && !this.path.z && time !== null ? this.dot(time) : [];
    for (const { xaxis, yaxis } of time === null ? [] : timeSubplots(this.chart)) {
      const x = xaxis.d2p(time);
      if (!(x >= 0 && x <= xaxis._length)) continue;
      const line = document.createElement("i");
      line.style.left = `${xaxis._offset + x}px`;
      line.style.top = `${yaxis._offset}px`;
      line.style.height = `${yaxis._length}px`;
      lines.push(line);
    }
    this.overlay.replaceChildren(...lines);
    if (time === null) delete this.overlay.dataset.time;
    else this.overlay.dataset.time = time;
  }
}
