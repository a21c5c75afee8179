/**
 * How the seats of a date stand: `GET /dates/{id}/seatmap` in arrays that a frame can run over.
 *
 * A seat is known by its ordinal, its index in the layout's order, in which states and changes are told too. Lengths
 * are in seat widths; the stage's middle is the origin and y grows towards the audience, downwards on the screen.
 */
import { SeatGrid } from './SeatGrid.js';

/** The least that is drawn around the seats. */
const marginWidth = 2;

export class SeatLayout {
  /** @param document The body of `GET /dates/{id}/seatmap`. */
  constructor(document) {
    const count = document.seatsTotal;
    this.dateId = document.dateId;
    this.version = document.layoutVersion;
    this.count = count;
    this.grades = document.grades;
    this.ids = new Array(count);
    this.numbers = new Array(count);
    this.x = new Float32Array(count);
    this.y = new Float32Array(count);
    this.gradeOf = new Uint8Array(count);
    this.sectionOf = new Uint16Array(count);
    this.rowOf = new Uint32Array(count);
    this.rows = [];
    this.sections = [];
    this.#read(document.sections);
    this.sections.forEach((section) => this.#shape(section));
    this.stage = this.#stage();
    this.bounds = this.#bounds();
    this.seatRadius = this.#seatRadius();
    this.grid = new SeatGrid(this.x, this.y);
  }

  price(ordinal) {
    return this.grades[this.gradeOf[ordinal]].price;
  }

  /** What a seat is called, in parts: texts put them together. */
  label(ordinal) {
    return {
      section: this.sections[this.sectionOf[ordinal]].name,
      row: this.rows[this.rowOf[ordinal]].name,
      number: this.numbers[ordinal],
      grade: this.grades[this.gradeOf[ordinal]].name,
      price: this.price(ordinal),
    };
  }

  /** The ordinal of a seat's id, or undefined. The index is made when it is first asked for. */
  ordinalOf(id) {
    this.byId ??= new Map(this.ids.map((each, ordinal) => [each, ordinal]));
    return this.byId.get(id);
  }

  /** The section at a point, or undefined: what is drawn last lies on top. */
  sectionAt(x, y) {
    return this.sections.findLast((section) => contains(section.outline, x, y));
  }

  #read(sections) {
    let ordinal = 0;
    sections.forEach((source, index) => {
      const section = { index, name: source.name, start: ordinal, end: ordinal, rowStart: this.rows.length, rowEnd: 0 };
      for (const row of source.rows) {
        const start = ordinal;
        for (const seat of row.seats) {
          this.ids[ordinal] = seat.id;
          this.numbers[ordinal] = seat.number;
          this.x[ordinal] = seat.x;
          this.y[ordinal] = seat.y;
          this.gradeOf[ordinal] = seat.grade;
          this.sectionOf[ordinal] = index;
          this.rowOf[ordinal] = this.rows.length;
          ordinal += 1;
        }
        this.rows.push({ name: row.name, section: index, start, end: ordinal });
      }
      section.end = ordinal;
      section.rowEnd = this.rows.length;
      this.sections.push(section);
    });
  }

  /** Gives a section its outline, its middle, and the grades that it has. */
  #shape(section) {
    const rows = this.rows.slice(section.rowStart, section.rowEnd);
    const point = (ordinal) => [this.x[ordinal], this.y[ordinal]];
    // Along the first row, down the right-hand ends, back along the last row, and up the left-hand ends.
    section.outline = [
      ...this.#along(rows[0]),
      ...rows.slice(1, -1).map((row) => point(row.end - 1)),
      ...(rows.length > 1 ? this.#along(rows.at(-1)).reverse() : []),
      ...rows.slice(1, -1).reverse().map((row) => point(row.start)),
    ];
    const middle = rows[rows.length >> 1];
    section.middle = this.#centre(middle);
    section.box = box(section.outline);
    section.extent = this.#extent(rows, middle);
    const grades = new Set();
    for (let seat = section.start; seat < section.end; seat += 1) grades.add(this.gradeOf[seat]);
    section.grades = [...grades].sort((a, b) => this.grades[b].price - this.grades[a].price);
    const prices = section.grades.map((grade) => this.grades[grade].price);
    section.prices = { least: Math.min(...prices), most: Math.max(...prices) };
  }

  /** A section as a rectangle that may be turned: what is written on it has to fit. */
  #extent(rows, middle) {
    const [first, last] = [middle.start, middle.end - 1];
    const length = Math.hypot(this.x[last] - this.x[first], this.y[last] - this.y[first]);
    const [top, bottom] = [this.#centre(rows[0]), this.#centre(rows.at(-1))];
    return {
      length: length + 1, depth: Math.hypot(bottom[0] - top[0], bottom[1] - top[1]) + 1,
      cos: length ? Math.abs(this.x[last] - this.x[first]) / length : 1,
      sin: length ? Math.abs(this.y[last] - this.y[first]) / length : 0,
    };
  }

  #centre(row) {
    const [left, right] = [(row.start + row.end - 1) >> 1, (row.start + row.end) >> 1];
    return [(this.x[left] + this.x[right]) / 2, (this.y[left] + this.y[right]) / 2];
  }

  /** Some points of a row from left to right: enough to follow its bend. */
  #along(row) {
    const points = [];
    for (let seat = row.start; seat < row.end - 1; seat += 4) points.push([this.x[seat], this.y[seat]]);
    points.push([this.x[row.end - 1], this.y[row.end - 1]]);
    return points;
  }

  /** A stage that fits between the seats, whose size the layout does not say. */
  #stage() {
    let nearest = Infinity;
    for (let seat = 0; seat < this.count; seat += 1) {
      nearest = Math.min(nearest, Math.hypot(this.x[seat], this.y[seat]));
    }
    const halfWidth = Math.min(16, Math.max(2, nearest * 0.8));
    const halfHeight = Math.min(4, Math.max(1, nearest * 0.35));
    return { left: -halfWidth, right: halfWidth, top: -halfHeight, bottom: halfHeight };
  }

  /** Seats as large as they can be without touching those beside or behind them. */
  #seatRadius() {
    let spacing = 1;
    for (const { rowStart, rowEnd } of this.sections) {
      if (rowEnd - rowStart < 2) continue;
      const [front, behind] = [this.rows[rowStart].start, this.rows[rowStart + 1].start];
      spacing = Math.min(spacing, Math.hypot(this.x[behind] - this.x[front], this.y[behind] - this.y[front]));
    }
    return Math.max(0.2, spacing * 0.42);
  }

  #bounds() {
    const bounds = { ...this.stage };
    for (const { box } of this.sections) {
      bounds.left = Math.min(bounds.left, box.left);
      bounds.right = Math.max(bounds.right, box.right);
      bounds.top = Math.min(bounds.top, box.top);
      bounds.bottom = Math.max(bounds.bottom, box.bottom);
    }
    return {
      left: bounds.left - marginWidth, right: bounds.right + marginWidth,
      top: bounds.top - marginWidth, bottom: bounds.bottom + marginWidth,
    };
  }
}

function box(points) {
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/**
 * Whether a polygon has the point inside, by counting the edges to the right of it. A section is half a seat wider
 * than its seats' middles, which a finger does not notice.
 */
function contains(polygon, x, y) {
  let isInside = false;
  for (let index = 0, last = polygon.length - 1; index < polygon.length; last = index, index += 1) {
    const [ax, ay] = polygon[index];
    const [bx, by] = polygon[last];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
  }
  return isInside;
}
