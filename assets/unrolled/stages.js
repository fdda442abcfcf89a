// The order in which things happen, as one line of positions: unrolling, the forward pass, back-propagation.
// A stack of one direction computes all its layers at time step t before t + 1. With two directions a level has to
// read its whole sequence before the next level begins. Gradients run the same way back.

const UNROLLING = 0.4; // its share of the line, in lengths of a forward pass
const share = (value) => Math.min(1, Math.max(0, value));

export class Stages {
  constructor(drawing) {
    this.drawing = drawing;
    this.starts = new Map(); // "segment/level" -> the tick at which it begins
    this.list = [];
    let tick = 0;
    for (const segment of drawing.segments) {
      const levels = segment.directions === 2 ? segment.depth : 1;
      for (let level = 0; level < levels; level++) {
        this.list.push({ segment, level: segment.directions === 2 ? level : segment.depth - 1, begin: tick, steps: segment.steps });
        this.starts.set(`${segment.number}/${level}`, tick);
        tick += segment.steps;
      }
    }
    this.ticks = tick;
    this.unrolled = Math.max(4, Math.round(UNROLLING * tick)); // the position at which it stands unrolled
    this.forwardEnd = this.unrolled + tick;
    this.end = drawing.hasGradients ? this.forwardEnd + tick : this.forwardEnd;
  }

  /** When a node is computed, in ticks from the begin of the forward pass. */
  tick(segment, layer, t) {
    const { level, reverse } = segment.layers[layer];
    const begin = this.starts.get(`${segment.number}/${segment.directions === 2 ? level : 0}`);
    return begin + (reverse ? segment.steps - 1 - t : t);
  }

  /** How far each thing has come at a position, 0 to 1. */
  unrolling(position) {
    return share(position / this.unrolled);
  }

  forward(position, segment, layer, t) {
    return share(position - this.unrolled - this.tick(segment, layer, t));
  }

  backward(position, segment, layer, t) {
    return share(position - this.forwardEnd - (this.ticks - 1 - this.tick(segment, layer, t)));
  }

  /** The tick that a position of the forward pass or of back-propagation has come to. */
  tickAt(position) {
    const back = position > this.forwardEnd;
    const done = Math.ceil(position - (back ? this.forwardEnd : this.unrolled)) - 1;
    return back ? this.ticks - 1 - done : done;
  }

  stageAt(position) {
    const tick = this.tickAt(position);
    return this.list.findLast((stage) => stage.begin <= tick);
  }

  /** { name, segment, t }: what happens at a position, and where (t of the layers that run forward). */
  phase(position) {
    if (position <= 0) return { name: "rolled" };
    if (position < this.unrolled) return { name: "unrolling" };
    if (position === this.unrolled) return { name: "unrolled" };
    const tick = this.tickAt(position);
    const { segment, begin } = this.stageAt(position);
    return { name: position > this.forwardEnd ? "backward" : "forward", segment, t: tick - begin };
  }

  /** The forward layer whose turn it is at a position: { number, name, level, reverse }; in a stack the topmost. */
  layerAt(position) {
    const { segment, level } = this.stageAt(position);
    const number = segment.layers.findIndex((layer) => layer.level === level);
    return { ...segment.layers[number], number };
  }

  /** The position at which a time step of a segment has just been computed, or its gradient has, in this phase. */
  positionOf(segment, t, back) {
    const tick = this.tick(segment, segment.top[0], t);
    return back ? this.forwardEnd + this.ticks - tick : this.unrolled + tick + 1;
  }

  /** Ticks a second, so that short sequences can be followed and long ones end. */
  get pace() {
    return Math.max(2.5, this.ticks / 7);
  }
}
