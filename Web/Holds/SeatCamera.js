/** Which part of the plan is on the screen, and how large. Scales are pixels of CSS a seat width. */
const largestScale = 44;
const glideMs = 260;

export class SeatCamera {
  /** @param onChange Called when there is something new to draw. */
  constructor(bounds, onChange) {
    this.bounds = bounds;
    this.onChange = onChange;
    this.width = 1;
    this.height = 1;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.glide = null;
    this.mayGlide = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  /** The scale at which all of the plan is seen. */
  get fitScale() {
    const { left, right, top, bottom } = this.bounds;
    return Math.min(this.width / (right - left), this.height / (bottom - top), largestScale);
  }

  get scaleMax() {
    return largestScale;
  }

  /** The window has another size: what was in the middle stays there, and who saw everything still does. */
  resize(width, height) {
    const sawAll = this.scale <= this.fitScale * 1.01 || this.width === 1;
    this.width = width;
    this.height = height;
    if (sawAll) this.showAll({ glides: false });
    else this.#put(this.x, this.y, this.scale);
  }

  toScreen(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }

  toPlan(screenX, screenY) {
    return [(screenX - this.width / 2) / this.scale + this.x, (screenY - this.height / 2) / this.scale + this.y];
  }

  /** What of the plan is on the screen. */
  get view() {
    const [left, top] = this.toPlan(0, 0);
    const [right, bottom] = this.toPlan(this.width, this.height);
    return { left, top, right, bottom };
  }

  panBy(screenX, screenY) {
    this.glide = null;
    this.#put(this.x - screenX / this.scale, this.y - screenY / this.scale, this.scale);
  }

  /** Makes everything so many times larger; the point of the plan that is under (screenX, screenY) stays there. */
  zoomBy(factor, screenX = this.width / 2, screenY = this.height / 2, { glides = false } = {}) {
    const from = glides && this.glide ? this.glide.to : this;
    const scale = this.#bounded(from.scale * factor);
    const x = (screenX - this.width / 2) / from.scale + from.x - (screenX - this.width / 2) / scale;
    const y = (screenY - this.height / 2) / from.scale + from.y - (screenY - this.height / 2) / scale;
    this.#go({ x, y, scale }, glides);
  }

  showAll({ glides = true } = {}) {
    const { left, right, top, bottom } = this.bounds;
    this.#go({ x: (left + right) / 2, y: (top + bottom) / 2, scale: this.fitScale }, glides);
  }

  /** Shows a rectangle of the plan as large as it fits, but not smaller than `scaleMin`. */
  showBox({ left, right, top, bottom }, scaleMin = 0) {
    const scale = Math.min(this.width / (right - left + 4), this.height / (bottom - top + 4));
    const wanted = this.#bounded(Math.max(scale, scaleMin));
    this.#go({ x: (left + right) / 2, y: (top + bottom) / 2, scale: wanted }, true);
  }

  /** Brings a point into the middle, at `scaleMin` or larger. */
  showPoint(x, y, scaleMin) {
    this.#go({ x, y, scale: this.#bounded(Math.max(this.scale, scaleMin)) }, true);
  }

  /** Moves only as far as needed to have a point away from the edge. */
  reveal(x, y, margin = 48) {
    const [screenX, screenY] = this.toScreen(x, y);
    const room = Math.min(margin, this.width / 3, this.height / 3);
    const across = Math.min(0, screenX - room) + Math.max(0, screenX - this.width + room);
    const along = Math.min(0, screenY - room) + Math.max(0, screenY - this.height + room);
    if (across || along) {
      this.#go({ x: this.x + across / this.scale, y: this.y + along / this.scale, scale: this.scale }, true);
    }
  }

  /** One step of a glide. True while it goes on. */
  step(nowMs) {
    const glide = this.glide;
    if (!glide) return false;
    glide.startMs ??= nowMs;
    const share = Math.min(1, (nowMs - glide.startMs) / glideMs);
    const eased = 1 - (1 - share) ** 3;
    const { from, to } = glide;
    // Scales multiply: halfway from 4 to 16 is 8.
    const scale = from.scale * (to.scale / from.scale) ** eased;
    // The middle follows the scale, so that the point one zooms to does not wander.
    const along = to.scale === from.scale ? eased : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
    if (share === 1) this.glide = null;
    this.#put(from.x + (to.x - from.x) * along, from.y + (to.y - from.y) * along, scale);
    return share < 1;
  }

  get isMoving() {
    return this.glide !== null;
  }

  #go(to, glides) {
    if (glides && this.mayGlide) {
      this.glide = { from: { x: this.x, y: this.y, scale: this.scale }, to, startMs: null };
      this.onChange();
    } else {
      this.glide = null;
      this.#put(to.x, to.y, to.scale);
    }
  }

  #bounded(scale) {
    return Math.min(largestScale, Math.max(this.fitScale, scale));
  }

  /**
   * The plan cannot be pushed off the screen: its edge stays on the edge, or it stays in the middle when it is small.
   */
  #put(x, y, scale) {
    const { left, right, top, bottom } = this.bounds;
    this.scale = this.#bounded(scale);
    const [halfWidth, halfHeight] = [this.width / 2 / this.scale, this.height / 2 / this.scale];
    this.x = kept(x, left, right, halfWidth);
    this.y = kept(y, top, bottom, halfHeight);
    this.onChange();
  }
}

/** Half a screen of the plan's outside may be seen, so that a seat at the edge can come into the middle. */
function kept(value, low, high, half) {
  const slack = half * 0.5;
  if (high - low <= half * 2 - slack * 2) return (low + high) / 2;
  return Math.min(high - half + slack, Math.max(low + half - slack, value));
}
