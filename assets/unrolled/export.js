// What a reader takes along: the picture as it stands, and the numbers behind it.

import { field, save } from "../rnnviz.plot/download.js";
import { saidAt, tableAt } from "./readout.js";

/** Every layer and time step, one row each. */
export function toCsv({ drawing, window }) {
  const first = drawing.segments[0];
  const names = tableAt(drawing, first, 0, window).head.map((name) => name.replaceAll("ₜ", "_t"));
  const said = [...new Set(drawing.segments.flatMap((each) => Array.from({ length: each.steps }, (_, t) => saidAt(each, t).map(([name]) => name)).flat()))];
  const lines = [["segment", "time step", ...names, ...said].map(field).join(",")];
  for (const segment of drawing.segments) {
    for (let t = 0; t < segment.steps; t++) {
      const here = new Map(saidAt(segment, t));
      for (const row of tableAt(drawing, segment, t, window).rows) {
        const words = said.map((name) => here.get(name) ?? "");
        lines.push([segment.name, t, ...row, ...words].map(field).join(","));
      }
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}

export const saveNumbers = (scene, name) => save(`${name}.csv`, "text/csv;charset=utf-8", toCsv(scene));

/** The canvas on the page's own background. */
export function savePicture(canvas, background, name) {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const context = copy.getContext("2d");
  context.fillStyle = background;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => save(`${name}.png`, "image/png", blob));
}
