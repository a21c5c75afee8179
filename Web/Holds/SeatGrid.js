/** Finds the seats at a place without looking at all of them: squares, each with a list of its seats. */
const cellSize = 6;

export class SeatGrid {
  constructor(x, y) {
    const count = x.length;
    this.x = x;
    this.y = y;
    let [left, top, right, bottom] = count ? [Infinity, Infinity, -Infinity, -Infinity] : [0, 0, 0, 0];
    for (let seat = 0; seat < count; seat += 1) {
      if (x[seat] < left) left = x[seat];
      if (x[seat] > right) right = x[seat];
      if (y[seat] < top) top = y[seat];
      if (y[seat] > bottom) bottom = y[seat];
    }
    this.left = left;
    this.top = top;
    this.columns = Math.floor((right - left) / cellSize) + 1;
    this.lines = Math.floor((bottom - top) / cellSize) + 1;
    // Seats sorted by cell, by counting: the seats of a cell are seats[starts[cell]..<starts[cell + 1]].
    const starts = new Uint32Array(this.columns * this.lines + 1);
    for (let seat = 0; seat < count; seat += 1) starts[this.#cell(x[seat], y[seat]) + 1] += 1;
    for (let cell = 1; cell < starts.length; cell += 1) starts[cell] += starts[cell - 1];
    const next = starts.slice();
    this.seats = new Uint32Array(count);
    for (let seat = 0; seat < count; seat += 1) {
      const cell = this.#cell(x[seat], y[seat]);
      this.seats[next[cell]] = seat;
      next[cell] += 1;
    }
    this.starts = starts;
  }

  /** Calls back for every seat whose middle is in the rectangle, both edges included. */
  each(left, top, right, bottom, visit) {
    const { x, y, seats, starts, columns } = this;
    const [firstColumn, lastColumn] = [this.#column(left), this.#column(right)];
    const [firstLine, lastLine] = [this.#line(top), this.#line(bottom)];
    for (let line = firstLine; line <= lastLine; line += 1) {
      // The cells of a line lie beside each other, so their seats do as well.
      const end = starts[line * columns + lastColumn + 1];
      for (let index = starts[line * columns + firstColumn]; index < end; index += 1) {
        const seat = seats[index];
        if (x[seat] >= left && x[seat] <= right && y[seat] >= top && y[seat] <= bottom) visit(seat);
      }
    }
  }

  /** The nearest seat within a distance, or -1. */
  nearest(x, y, distanceMax, isWanted = () => true) {
    let found = -1;
    let best = distanceMax * distanceMax;
    this.each(x - distanceMax, y - distanceMax, x + distanceMax, y + distanceMax, (seat) => {
      const distance = (this.x[seat] - x) ** 2 + (this.y[seat] - y) ** 2;
      if (distance <= best && isWanted(seat)) {
        best = distance;
        found = seat;
      }
    });
    return found;
  }

  #column(x) {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.left) / cellSize)));
  }

  #line(y) {
    return Math.min(this.lines - 1, Math.max(0, Math.floor((y - this.top) / cellSize)));
  }

  #cell(x, y) {
    return this.#line(y) * this.columns + this.#column(x);
  }
}
