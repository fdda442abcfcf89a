// plotly.js, once per page, from the copy inside the plotly package.

let loading = null;

/**
 * The Plotly object. `version` names the plotly package, so that an upgrade is not served from the cache.
 *
 * The server sends these files without a lifetime, and a browser would fetch 5 MB again at each visit.
 * "force-cache" takes what the HTTP cache holds, however old; the version in the address keeps that right.
 */
export function loadPlotly(version) {
  loading ??= fetchScript(new URL(`../rnnviz.plotly/plotly.min.js?v=${version}`, import.meta.url));
  return loading;
}

async function fetchScript(address) {
  const answer = await fetch(address, { cache: "force-cache" });
  if (!answer.ok) throw new Error(`plotly.js did not load: ${answer.status} from ${address}`);
  const source = URL.createObjectURL(new Blob([await answer.blob()], { type: "text/javascript" }));
  await new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = done;
    script.onerror = () => failed(new Error("plotly.js did not run"));
    document.head.append(script);
  });
  URL.revokeObjectURL(source);
  return window.Plotly;
}
