// The line under a figure's title, where the figure is narrower than the line.

const pen = document.createElement("canvas").getContext("2d");
const LINE = 14; // pixels

/** Have a note that is too long go on in a second line, and what stands below it move down: changes the layout. */
export function wrapNote(layout, font) {
  const note = layout.title?.subtitle;
  pen.font = `${note?.font?.size ?? 11}px ${font}`;
  const fits = (text) => pen.measureText(text).width <= layout.width - 16;
  if (!note?.text || fits(note.text)) return;
  const words = note.text.split(" ");
  let first = words.length - 1;
  while (first > 1 && !fits(words.slice(0, first).join(" "))) first -= 1;
  note.text = `${words.slice(0, first).join(" ")}<br>${words.slice(first).join(" ")}`;
  layout.margin.t += LINE;
  if (layout.legend?.yref === "container") layout.legend.y -= LINE / layout.height;
}
