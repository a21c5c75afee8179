/**
 * The map on its canvas: sections from afar, seats from near. It draws when there is something new, and only what is
 * on the screen.
 */
import { onColours } from '../Page/colours.js';
import { SeatCamera } from './SeatCamera.js';
import { SeatPainter } from './SeatPainter.js';
import { SeatTiles } from './SeatTiles.js';
import { SectionPainter } from './SectionPainter.js';

/** From this many pixels a seat width on, seats are drawn and not sections. */
const seatScaleMin = 5.5;
/** How long a frame may draw pictures of seats: the rest of its 16 ms is for showing them. */
const drawBudgetMs = 7;
/** When zooming has stopped for so long, seats are drawn as large as they are. */
const settleMs = 120;
const flashMs = 900;

export class SeatMapCanvas {
  /**
   * @param canvas It fills its parent.
   * @param words The texts on the map, as `SectionPainter` wants them.
   * @param onView Called after each frame in which the camera has moved.
   */
  constructor({ canvas, layout, states, chosen, words, onView = () => {}, signal }) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.layout = layout;
    this.states = states;
    /** The ordinals that the fan has chosen, and those that a reservation of theirs holds. */
    this.chosen = chosen;
    this.mine = new Set();
    this.cursor = -1;
    this.hovered = -1;
    this.hoveredSection = -1;
    this.flashes = new Map();
    this.onView = onView;
    this.seats = new SeatPainter(layout, states);
    this.sections = new SectionPainter(layout, states, words);
    this.tiles = new SeatTiles(this.seats);
    this.camera = new SeatCamera(layout.bounds, () => this.#viewChanged());
    this.ratio = 1;
    this.frame = 0;
    this.pending = [];
    this.settleTimer = 0;
    this.hasMoved = true;
    this.readColours();
    const observer = new ResizeObserver(() => this.#fit());
    observer.observe(canvas.parentElement);
    onColours(() => this.readColours(), signal);
    signal.addEventListener('abort', () => {
      observer.disconnect();
      cancelAnimationFrame(this.frame);
      clearTimeout(this.settleTimer);
    }, { once: true });
    this.#fit();
  }

  get showsSeats() {
    return this.camera.scale >= seatScaleMin;
  }

  get seatScaleMin() {
    return seatScaleMin;
  }

  readColours() {
    this.seats.readColours(this.canvas);
    this.tiles.clear();
    this.request();
  }

  /** Has the free seats of other grades stand back; null for none. */
  set wantedGrade(grade) {
    this.seats.wantedGrade = grade;
    this.tiles.clear();
    this.request();
  }

  /**
   * These seats have another state now. They are drawn in the next frame.
   *
   * @param flashes Whether a ring around each draws the eye to it.
   */
  changed(ordinals, { flashes = true } = {}) {
    if (ordinals.length > 2_000) this.tiles.clear();
    else this.pending.push(...ordinals);
    if (flashes && ordinals.length <= 200 && this.camera.mayGlide) {
      const now = performance.now();
      for (const seat of ordinals) this.flashes.set(seat, now);
    }
    this.request();
  }

  /** Draws in the next frame. */
  request() {
    this.frame ||= requestAnimationFrame((nowMs) => this.#draw(nowMs));
  }

  /** The seat at a point of the canvas, or -1. `reach` is how far beside it a finger may be, in pixels. */
  seatAt(screenX, screenY, reach = 0) {
    const [x, y] = this.camera.toPlan(screenX, screenY);
    return this.layout.grid.nearest(x, y, Math.max(0.55, reach / this.camera.scale));
  }

  sectionAt(screenX, screenY) {
    return this.layout.sectionAt(...this.camera.toPlan(screenX, screenY));
  }

  showSection(index) {
    this.camera.showBox(this.layout.sections[index].box, seatScaleMin * 1.2);
  }

  showSeat(ordinal, scaleMin = 18) {
    this.camera.showPoint(this.layout.x[ordinal], this.layout.y[ordinal], scaleMin);
  }

  #fit() {
    const { clientWidth, clientHeight } = this.canvas.parentElement;
    if (!clientWidth || !clientHeight) return;
    this.ratio = Math.min(devicePixelRatio || 1, 3);
    this.canvas.width = Math.round(clientWidth * this.ratio);
    this.canvas.height = Math.round(clientHeight * this.ratio);
    this.camera.resize(clientWidth, clientHeight);
    // A canvas of another size is empty: showing it so for a frame would flicker.
    cancelAnimationFrame(this.frame);
    this.#draw(performance.now());
  }

  #viewChanged() {
    this.hasMoved = true;
    this.request();
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => this.request(), settleMs);
    this.movedMs = performance.now();
  }

  #draw(nowMs) {
    this.frame = 0;
    const { camera, context, seats, ratio } = this;
    if (camera.step(nowMs)) this.request();
    const colours = seats.colours;
    const isFar = !this.showsSeats;
    const options = { isFar, wantedGrade: seats.wantedGrade, hoveredSection: this.hoveredSection };
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colours.ground;
    context.fillRect(0, 0, camera.width, camera.height);
    this.sections.paint(context, camera, colours, options);
    if (!isFar) this.#drawSeats();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (isFar) this.sections.write(context, camera, colours, options);
    this.#drawMarks(nowMs);
    if (this.pending.length && isFar) this.#drawn();
    if (this.hasMoved) {
      this.hasMoved = false;
      this.onView();
    }
  }

  #drawSeats() {
    const { camera, tiles, ratio, context } = this;
    const target = camera.glide?.to.scale ?? camera.scale;
    const isFinal = !camera.isMoving && performance.now() - (this.movedMs ?? 0) >= settleMs - 20;
    tiles.setScale(target * ratio, ratio, isFinal || camera.isMoving);
    if (this.pending.length) {
      tiles.renew(this.pending);
      this.#drawn();
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    const view = {
      x: camera.x, y: camera.y, scale: camera.scale * ratio, width: this.canvas.width, height: this.canvas.height,
    };
    if (tiles.show(context, view)) return;
    // Drawing first and showing then, all within the frame: what fits into it is seen at once.
    const isMore = tiles.draw(drawBudgetMs);
    tiles.show(context, view);
    if (isMore) this.request();
  }

  /** Changes are on the screen with this frame; the benchmark reads these marks. */
  #drawn() {
    this.pending = [];
    performance.mark('jari.seats.drawn');
  }

  /** What is drawn over the seats: the fan's own, the one under the mouse or the keyboard, and what just changed. */
  #drawMarks(nowMs) {
    const { camera, layout, chosen, mine } = this;
    const { x, y } = layout;
    const radius = layout.seatRadius * camera.scale;
    for (const [seat, sinceMs] of this.flashes) {
      const share = (nowMs - sinceMs) / flashMs;
      if (share >= 1) this.flashes.delete(seat);
      else if (share >= 0) this.#ring(...camera.toScreen(x[seat], y[seat]), Math.max(radius, 3) * (1 + share), 1 - share);
    }
    if (this.flashes.size) this.request();
    for (const seat of mine) this.#own(...camera.toScreen(x[seat], y[seat]), radius, false);
    for (const seat of chosen) this.#own(...camera.toScreen(x[seat], y[seat]), radius, true);
    if (this.hovered >= 0 && this.showsSeats) {
      this.#ring(...camera.toScreen(x[this.hovered], y[this.hovered]), radius + 2, 1);
    }
    if (this.cursor >= 0) this.#focus(...camera.toScreen(x[this.cursor], y[this.cursor]), radius);
  }

  /** The fan's own seat: dark, a little larger, and with a tick, which no other seat has. */
  #own(screenX, screenY, radius, isChosen) {
    const { context } = this;
    const { chosen, chosenInk, paper } = this.seats.colours;
    const size = Math.max(radius * 1.12, 4);
    context.beginPath();
    context.arc(screenX, screenY, size, 0, 2 * Math.PI);
    context.fillStyle = chosen;
    context.strokeStyle = paper;
    context.lineWidth = 2;
    context.stroke();
    context.fill();
    context.beginPath();
    context.strokeStyle = chosenInk;
    context.lineWidth = Math.max(1.2, size * 0.2);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    if (isChosen) {
      context.moveTo(screenX - size * 0.42, screenY + size * 0.02);
      context.lineTo(screenX - size * 0.1, screenY + size * 0.34);
      context.lineTo(screenX + size * 0.44, screenY - size * 0.32);
    } else {
      context.arc(screenX, screenY, size * 0.34, 0, 2 * Math.PI);
    }
    context.stroke();
  }

  #ring(screenX, screenY, radius, opacity) {
    const { context } = this;
    context.globalAlpha = opacity;
    context.beginPath();
    context.arc(screenX, screenY, radius, 0, 2 * Math.PI);
    context.strokeStyle = this.seats.colours.ink;
    context.lineWidth = 1.5;
    context.stroke();
    context.globalAlpha = 1;
  }

  /** Two colours, so that one of them is seen on any ground. */
  #focus(screenX, screenY, radius) {
    const { context } = this;
    const side = Math.max(radius * 1.35, 7);
    for (const [colour, width] of [[this.seats.colours.paper, 5], [this.seats.colours.focus, 2.5]]) {
      context.beginPath();
      context.roundRect(screenX - side, screenY - side, side * 2, side * 2, side * 0.4);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
  }
}
