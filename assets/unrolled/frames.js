// Inputs that are pictures: one frame of a film below each column.

const LARGEST = 60; // pixels of the page, the longer side
const PALE = 0.02; // cells that can hardly be told from the background are left out

/** Size of a cell of a frame, where columns are so wide. */
export function cell({ rows, columns }, column) {
  return Math.min(LARGEST, column - 2) / Math.max(rows, columns);
}

export function frames(pen, { geometry, unrolling }, segment, top) {
  const { data } = segment.get("inputs");
  const { rows, columns } = segment.inputs;
  const size = cell(segment.inputs, geometry.column);
  const finite = data.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), 0);
  const reach = finite.reduce((a, b) => Math.max(a, b), 0) - low || 1;
  for (let t = 0; t < segment.steps; t++) {
    const alpha = geometry.out(segment, t, unrolling) ** 3;
    const left = geometry.x(segment, t, unrolling) - (columns * size) / 2;
    for (let k = 0; k < rows * columns; k++) {
      const share = (data[t * rows * columns + k] - low) / reach;
      if (!(share > PALE)) continue;
      const [x, y] = [left + (k % columns) * size, top + Math.floor(k / columns) * size];
      pen.box(x, y, size + 0.3, size + 0.3, 0, { width: 0, fill: pen.shade(share), alpha });
    }
    pen.box(left, top, columns * size, rows * size, 0, { width: 0.5, alpha: 0.5 * alpha });
  }
}
