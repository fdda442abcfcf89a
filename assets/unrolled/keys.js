// What keys do while the picture or one of its buttons has the focus.

/** actions: { play(), step(by), first(), last() }. Sliders keep their own arrows, buttons their own space bar. */
export function listen(element, { play, step, first, last }) {
  const bound = new Map([[" ", play], ["ArrowRight", () => step(1)], ["ArrowLeft", () => step(-1)], ["Home", first], ["End", last]]);
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !bound.has(event.key)) return;
    event.stopPropagation(); // the page's own shortcuts train the network
    const space = event.key === " ";
    if (space ? event.target.tagName === "BUTTON" : event.target.type === "range") return;
    event.preventDefault();
    bound.get(event.key)();
  });
}
