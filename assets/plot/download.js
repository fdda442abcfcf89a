// What a reader takes along: the picture, or the numbers behind it.

/** One field of a CSV file. Text that a spreadsheet would run as a formula is made plain with a quote mark. */
export function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isNaN(value) ? "" : String(value);
  let text = String(value);
  if (/^\s*[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text))) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const titleOf = (axis) => (axis?.title?.text ?? "").replace(/<[^>]*>/g, "").trim();

const inSpace = (trace) => trace.type === "scatter3d";
const isMatrix = (trace) => Array.isArray(trace.z) && !inSpace(trace);

/** Rows (trace, x, y[, z]) of one trace: one a point, or one a cell of a matrix. */
function* rowsOf(trace) {
  if (isMatrix(trace)) {
    for (const [j, line] of trace.z.entries()) {
      for (const [k, value] of Array.from(line).entries()) {
        yield [trace.name, trace.x?.[k] ?? k, trace.y?.[j] ?? j, value];
      }
    }
    return;
  }
  const length = Math.max(trace.x?.length ?? 0, trace.y?.length ?? 0);
  for (let k = 0; k < length; k++) {
    yield [trace.name, trace.x?.[k] ?? k, trace.y?.[k] ?? null, ...(inSpace(trace) ? [trace.z[k]] : [])];
  }
}

/** The numbers of a drawn figure, one row a point: trace, x, y and, in space or of a matrix, z. */
export function toCsv(chart) {
  const traces = chart._fullData.filter((trace) => trace.visible === true);
  const { xaxis, yaxis, zaxis } = traces.some(inSpace) ? chart.layout.scene : chart.layout;
  const header = ["trace", titleOf(xaxis) || "x", titleOf(yaxis) || "y"];
  if (zaxis || traces.some(isMatrix)) header.push(titleOf(zaxis) || "value");
  const lines = [header.map(field).join(",")];
  for (const trace of traces) {
    for (const row of rowsOf(trace)) lines.push(row.map(field).join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

export function save(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A picture on the page's own background, which a transparent one would lose. */
export function savePicture(Plotly, chart, format, name, background) {
  const layout = { ...chart.layout, paper_bgcolor: background };
  return Plotly.downloadImage({ data: chart.data, layout }, {
    format,
    filename: name,
    width: chart.clientWidth,
    height: chart.clientHeight,
    scale: format === "png" ? 2 : 1,
  });
}
