// Milliseconds from each input event of the time slider to the painted picture, over a walk through the sequence.
async () => {
  const root = document.querySelector(".rnnviz-microscope");
  const slider = root.querySelector(".track input");
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const after = new MessageChannel(); // its message comes after the frame has been painted
    after.port1.onmessage = () => done(performance.now());
    after.port2.postMessage(0);
  }));
  const times = [];
  for (let k = 1; k <= 80; k++) {
    const t = (k * 37) % (Number(slider.max) + 1);
    slider.value = t;
    const began = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    let now = began;
    do now = await painted(); while (root.dataset.time !== String(t));
    times.push(now - began);
  }
  return times;
}
