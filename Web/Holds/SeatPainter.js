/** Draws seats, as many as there are in a rectangle, one fill a look: setting a colour costs more than a shape. */
import { colour } from '../Page/colours.js';
import { addShape, colourCount, shapeOf } from './GradeShapes.js';
import { available, blocked, held } from './SeatStates.js';

/** From this many pixels of CSS a seat on, its number is written into it. */
const numberScaleMin = 24;
/** From this many on, the names of rows stand at their ends. */
const rowNameScaleMin = 13;
const fadedLook = 1_000;
const outlinedLook = 2_000;
const dottedLook = 3_000;
const crossedLook = 4_000;

export class SeatPainter {
  constructor(layout, states) {
    this.layout = layout;
    this.states = states;
    this.colours = null;
    /** The grade that the fan wants to see, or null: the others' free seats stand back. */
    this.wantedGrade = null;
    this.looks = new Map();
  }

  /** Reads the colours of the tokens; again when they have changed. */
  readColours(element) {
    this.colours = {
      grades: Array.from({ length: colourCount }, (_, index) => colour(`--grade-${index + 1}`)),
      gradeInk: colour('--grade-ink'), gone: colour('--seat-gone'), faded: colour('--seat-faded'),
      ink: colour('--ink'), quiet: colour('--ink-soft'), ground: colour('--map-ground'), paper: colour('--map-paper'),
      stage: colour('--map-stage'), stageInk: colour('--map-stage-ink'), focus: colour('--accent'),
      chosen: colour('--ink'), chosenInk: colour('--surface'), family: getComputedStyle(element).fontFamily,
    };
  }

  /**
   * Draws the seats whose middles are in the rectangle, or a little outside so that none is cut off.
   *
   * @param scale Pixels of the canvas a seat width.
   * @param originX, originY Where the plan's origin is on the canvas.
   * @param cssScale Pixels of CSS a seat width: what is written depends on what can be read.
   */
  paint(context, { left, top, right, bottom }, scale, originX, originY, cssScale) {
    const { layout, states, looks } = this;
    for (const seats of looks.values()) seats.length = 0;
    layout.grid.each(left - 0.6, top - 0.6, right + 0.6, bottom + 0.6, (seat) => {
      const look = this.#look(states.of(seat), layout.gradeOf[seat]);
      const seats = looks.get(look);
      if (seats) seats.push(seat);
      else looks.set(look, [seat]);
    });
    const radius = layout.seatRadius * scale;
    for (const [look, seats] of looks) {
      if (seats.length) this.#paintLook(context, look, seats, scale, originX, originY, radius);
    }
    if (cssScale >= numberScaleMin) this.#writeNumbers(context, scale, originX, originY);
    if (cssScale >= rowNameScaleMin) {
      this.#writeRowNames(context, { left, top, right, bottom }, scale, originX, originY);
    }
  }

  #look(state, grade) {
    if (state === available) {
      return this.wantedGrade === null || this.wantedGrade === grade ? grade : fadedLook + grade;
    }
    if (state === held) return outlinedLook + grade;
    return state === blocked ? crossedLook : dottedLook;
  }

  #paintLook(context, look, seats, scale, originX, originY, radius) {
    const { x, y } = this.layout;
    const { grades, faded, gone } = this.colours;
    context.beginPath();
    if (look >= crossedLook) {
      const arm = radius * 0.5;
      for (const seat of seats) {
        const [middleX, middleY] = [x[seat] * scale + originX, y[seat] * scale + originY];
        context.moveTo(middleX - arm, middleY - arm);
        context.lineTo(middleX + arm, middleY + arm);
        context.moveTo(middleX + arm, middleY - arm);
        context.lineTo(middleX - arm, middleY + arm);
      }
      this.#stroke(context, gone, Math.max(1, radius * 0.22));
      return;
    }
    const isOutlined = look >= outlinedLook && look < dottedLook;
    const size = look >= dottedLook ? radius * 0.42 : isOutlined ? radius * 0.8 : radius;
    const shape = look >= dottedLook ? 'circle' : shapeOf(look % fadedLook);
    for (const seat of seats) addShape(context, shape, x[seat] * scale + originX, y[seat] * scale + originY, size);
    if (isOutlined) {
      this.#stroke(context, gone, Math.max(1, radius * 0.2));
    } else {
      context.fillStyle = look >= dottedLook ? gone : look >= fadedLook ? faded : grades[look % colourCount];
      context.fill();
    }
  }

  #stroke(context, colour, width) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }

  #writeNumbers(context, scale, originX, originY) {
    const { x, y, numbers } = this.layout;
    context.font = `600 ${Math.round(scale * 0.34)}px ${this.colours.family}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const [look, seats] of this.looks) {
      if (look >= outlinedLook) continue;
      context.fillStyle = look >= fadedLook ? this.colours.quiet : this.colours.gradeInk;
      for (const seat of seats) {
        context.fillText(numbers[seat], x[seat] * scale + originX, y[seat] * scale + originY + scale * 0.02);
      }
    }
  }

  #writeRowNames(context, { left, top, right, bottom }, scale, originX, originY) {
    const { x, y, rows } = this.layout;
    context.font = `500 ${Math.round(Math.min(scale * 0.5, 13 * (scale / numberScaleMin)))}px ${this.colours.family}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = this.colours.quiet;
    for (const row of rows) {
      for (const [end, beside] of [[row.start, row.start + 1], [row.end - 1, row.end - 2]]) {
        // One seat further in the direction of the row. A row of one seat has its name to the left.
        const isAlone = row.end - row.start === 1;
        const [fromX, fromY] = isAlone ? [x[end] + 1, y[end]] : [x[beside], y[beside]];
        const length = Math.hypot(x[end] - fromX, y[end] - fromY);
        const nameX = x[end] + ((x[end] - fromX) / length) * 1.05;
        const nameY = y[end] + ((y[end] - fromY) / length) * 1.05;
        if (nameX < left - 1 || nameX > right + 1 || nameY < top - 1 || nameY > bottom + 1) continue;
        context.fillText(row.name, nameX * scale + originX, nameY * scale + originY);
        if (isAlone) break;
      }
    }
  }
}
