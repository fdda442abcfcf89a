// Draws the figures of a report in the colours of its reader's system, and gives its recording away.

const figures = JSON.parse(document.getElementById("figures").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");

async function draw() {
  const theme = readTheme(document.body);
  for (const [key, { data, layout }] of Object.entries(figures)) {
    const chart = document.getElementById(key);
    const given = structuredClone(layout);
    await Plotly.react(
      chart,
      themeTraces(data, theme),
      { ...given, template: merge(given.template ?? {}, { layout: themeLayout(theme) }), autosize: true },
      { displayModeBar: false, responsive: true },
    );
  }
  document.body.dataset.drawn = Object.keys(figures).length;
}

document.getElementById("save").addEventListener("click", () => {
  const { name, bytes } = JSON.parse(document.getElementById("trace").textContent);
  const content = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content]));
  link.download = name;
  link.click();
});

dark.addEventListener("change", draw);
draw();
