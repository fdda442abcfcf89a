// The page's colours, read at draw time, so that a figure follows the switch between light and dark.

const canvas = document.createElement("canvas").getContext("2d");

/** [red, green, blue] of any CSS colour without transparency. */
function channels(colour) {
  canvas.fillStyle = "#000000";
  canvas.fillStyle = colour; // reads back as #rrggbb
  const hex = /^#(..)(..)(..)$/.exec(canvas.fillStyle) ?? ["", "80", "80", "80"];
  return hex.slice(1).map((part) => parseInt(part, 16));
}

const faded = (colour, alpha) => `rgba(${channels(colour).join(", ")}, ${alpha})`;

export function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const paper = read("--st-background-color", "#ffffff");
  const [red, green, blue] = channels(paper);
  return {
    ink: read("--st-text-color", "#131218"),
    paper,
    soft: read("--st-secondary-background-color", "#f3f1ec"),
    font: read("--st-font", "sans-serif"),
    light: 0.3 * red + 0.59 * green + 0.11 * blue > 128,
  };
}

/** Defaults that win over a figure's template and lose to what the figure says itself. */
export function themeLayout(theme) {
  const axis = {
    gridcolor: faded(theme.ink, 0.12),
    zerolinecolor: faded(theme.ink, 0.3),
    linecolor: faded(theme.ink, 0.4),
  };
  const font = { family: theme.font, color: theme.ink };
  return {
    font,
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    xaxis: axis,
    yaxis: axis,
    hoverlabel: { bgcolor: theme.soft, bordercolor: faded(theme.ink, 0.4), font },
    legend: { bgcolor: "rgba(0, 0, 0, 0)" },
  };
}

/**
 * The traces in the page's colours: `meta.ink` asks for the text colour, `meta.on_light` names the colour
 * for a light page. Everything else about a trace stays, and the given traces are not changed.
 */
export function themeTraces(traces, theme) {
  return traces.map((trace) => {
    const colour = trace.meta?.ink ? theme.ink : theme.light ? trace.meta?.on_light : undefined;
    const painted = { ...trace };
    if (!colour) return painted;
    for (const part of ["line", "marker"]) {
      if (typeof trace[part]?.color === "string") painted[part] = { ...trace[part], color: colour };
    }
    return painted;
  });
}

/** `over` laid upon `under`, objects merged, everything else replaced. */
export function merge(under, over) {
  const plain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  if (!plain(under) || !plain(over)) return over;
  const merged = { ...under };
  for (const [name, value] of Object.entries(over)) {
    merged[name] = name in merged ? merge(merged[name], value) : value;
  }
  return merged;
}
