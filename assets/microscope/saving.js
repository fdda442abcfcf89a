// What a reader takes along: the picture of the time step, or the numbers behind it.

import { field, save } from "../rnnviz.plot/download.js";

const KEPT = ["fill", "stroke", "stroke-width", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "font-style", "text-anchor"];

/** The diagram as a picture of its own: styles written into it, the strips laid in as an image, on the page's paper. */
export function picture({ svg, canvas, size, scale }, pad = 10) {
  const copy = svg.cloneNode(true);
  const copies = copy.querySelectorAll("*");
  for (const [k, element] of [...svg.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(element);
    for (const name of KEPT) copies[k].style.setProperty(name, style.getPropertyValue(name));
  }
  const make = (name, attributes) => {
    const element = document.createElementNS(copy.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const whole = { x: -pad, y: -pad, width: size[0], height: size[1] };
  copy.prepend(make("rect", { ...whole, fill: scale.paper }));
  copy.append(make("image", { ...whole, href: canvas.toDataURL() }));
  copy.setAttribute("xmlns", copy.namespaceURI);
  return new XMLSerializer().serializeToString(copy);
}

export const saveSvg = (diagram, name) => save(`${name}.svg`, "image/svg+xml", picture(diagram));

export async function savePng(diagram, name) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture(diagram))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = diagram.size.map((side) => Math.round(2 * side));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => save(`${name}.png`, "image/png", blob));
}

/** Every node of the cell at the time step, one row a unit: quantity, unit, value. */
export function toCsv({ pass, layer, t }) {
  const lines = ["node,unit,value"];
  for (const [id, values] of pass.nodes(layer, t)) {
    values.forEach((value, unit) => lines.push([field(id), unit, Number.isFinite(value) ? value : field(String(value))].join(",")));
  }
  return `${lines.join("\r\n")}\r\n`;
}

export const saveCsv = (store, name) => save(`${name}.csv`, "text/csv;charset=utf-8", toCsv(store));
