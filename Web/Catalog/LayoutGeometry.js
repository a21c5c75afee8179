// Where the seats of a layout stand: the same sums as the server's LayoutGeometry.swift, so that the editor shows what
// will be sold. A test compares the two on the same layouts.

/** The most seats that one date may have. */
export const seatCountMax = 120_000;

/** What a section is unless it says otherwise; the distance is chosen by `placed`. */
export const sectionStandard = Object.freeze({
  angle: 0,
  shift: 0,
  curved: false,
  rowSpacing: 1.3,
  aislesAfter: Object.freeze([]),
  firstRow: 1,
  firstNumber: 1,
  numbersFromRight: false,
  blocked: Object.freeze([]),
});

/** The sections with every field filled in. One without a distance stands behind those before it. */
export function placed(sections) {
  let nextDistance = 8;
  return sections.map((section) => {
    const whole = { ...sectionStandard, ...section };
    whole.distance = section.distance ?? nextDistance;
    nextDistance = Math.max(nextDistance, whole.distance + whole.rows * whole.rowSpacing + 2);
    return whole;
  });
}

export function seatCount(layout) {
  return layout.sections.reduce((sum, section) => sum + whole(section.rows) * whole(section.seatsPerRow), 0);
}

/**
 * Every seat in the layout's order, in arrays by ordinal: x and y in seat widths from the middle of the stage, the
 * section, row and seat counted from 0, the grade's index (255 where the name is of no grade), 1 where it is blocked.
 * Seats past the most that a date may have are left out.
 */
export function seats(layout) {
  const count = Math.min(seatCount(layout), seatCountMax);
  const result = {
    count,
    x: new Float32Array(count),
    y: new Float32Array(count),
    section: new Uint16Array(count),
    row: new Uint16Array(count),
    seat: new Uint16Array(count),
    grade: new Uint8Array(count),
    blocked: new Uint8Array(count),
  };
  const grades = new Map(layout.grades.map((grade, index) => [grade.name, index]));
  let ordinal = 0;
  placed(layout.sections).forEach((section, sectionIndex) => {
    const grade = grades.get(section.grade) ?? 255;
    const across = positions(section);
    const isBlocked = blockedTest(section);
    for (let row = 0; row < whole(section.rows); row++) {
      for (let seat = 0; seat < across.length && ordinal < count; seat++, ordinal++) {
        const point = place(section, row, across[seat]);
        result.x[ordinal] = point.x;
        result.y[ordinal] = point.y;
        result.section[ordinal] = sectionIndex;
        result.row[ordinal] = row;
        result.seat[ordinal] = seat;
        result.grade[ordinal] = grade;
        result.blocked[ordinal] = isBlocked(row, seat) ? 1 : 0;
      }
    }
  });
  return result;
}

/** How far each seat of a row is from the row's middle, to the right. An aisle is as wide as a seat. */
function positions(section) {
  const aisles = new Set(section.aislesAfter);
  const result = [];
  let position = 0;
  for (let seat = 1; seat <= whole(section.seatsPerRow); seat++) {
    result.push(position);
    position += aisles.has(seat) ? 2 : 1;
  }
  const middle = (result.at(-1) ?? 0) / 2;
  return result.map((one) => one - middle);
}

function place(section, row, across) {
  const radius = section.distance + row * section.rowSpacing;
  const turn = (section.angle * Math.PI) / 180;
  if (section.curved) {
    const bearing = turn + across / Math.max(1, radius);
    return { x: radius * Math.sin(bearing), y: radius * Math.cos(bearing) };
  }
  const right = across + section.shift;
  return {
    x: right * Math.cos(turn) + radius * Math.sin(turn),
    y: radius * Math.cos(turn) - right * Math.sin(turn),
  };
}

/** What the seat is called on a ticket; row and seat are counted from 0, from the stage and from the left. */
export function label(section, row, seat) {
  const all = { ...sectionStandard, ...section };
  const index = all.numbersFromRight ? all.seatsPerRow - 1 - seat : seat;
  return { section: all.name, row: String(all.firstRow + row), number: String(all.firstNumber + index) };
}

// Blocked seats are kept as runs: {row, from, to}, counted from 1, from the stage and from the left.

function blockedTest(section) {
  const runs = new Map();
  for (const run of section.blocked ?? []) {
    if (!runs.has(run.row)) runs.set(run.row, []);
    runs.get(run.row).push(run);
  }
  return (row, seat) => (runs.get(row + 1) ?? []).some((run) => run.from <= seat + 1 && seat + 1 <= run.to);
}

/** The section with these seats blocked, or not any more. `seats` are [row, seat], counted from 0. */
export function blocking(section, seats, isBlocked) {
  const isBlockedNow = blockedTest(section);
  const changed = new Set(seats.map(([row, seat]) => `${row},${seat}`));
  const runs = [];
  for (let row = 0; row < section.rows; row++) {
    let run = null;
    for (let seat = 0; seat < section.seatsPerRow; seat++) {
      const keeps = changed.has(`${row},${seat}`) ? isBlocked : isBlockedNow(row, seat);
      if (!keeps) run = null;
      else if (run) run.to = seat + 1;
      else runs.push((run = { row: row + 1, from: seat + 1, to: seat + 1 }));
    }
  }
  return { ...section, blocked: runs };
}

/** The rectangle around all seats and the stage, with a margin. */
export function bounds(seats) {
  let left = -10;
  let right = 10;
  let top = -6;
  let bottom = 12;
  for (let ordinal = 0; ordinal < seats.count; ordinal++) {
    left = Math.min(left, seats.x[ordinal]);
    right = Math.max(right, seats.x[ordinal]);
    top = Math.min(top, seats.y[ordinal]);
    bottom = Math.max(bottom, seats.y[ordinal]);
  }
  return { left: left - 3, right: right + 3, top: top - 3, bottom: bottom + 3 };
}

/** A field that is being typed may be anything. */
function whole(value) {
  return Number.isInteger(value) && value > 0 ? Math.min(value, 200) : 0;
}
