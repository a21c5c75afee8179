/** What a layout may begin with, and how it leaves and enters the console as a file. */
import { sectionStandard } from './LayoutGeometry.js';

const grades = [
  { name: 'VIP', price: 165_000 }, { name: 'R', price: 132_000 }, { name: 'S', price: 99_000 }, { name: 'A', price: 66_000 },
];

/** Layouts to begin with, by the key of their name. */
export const starts = {
  club: () => ({
    grades: grades.slice(1, 3),
    sections: [
      section('A', 'R', 10, 24, 8, { aislesAfter: [12] }),
      section('B', 'S', 8, 28, 24, { aislesAfter: [14], firstRow: 11 }),
    ],
  }),
  theatre: () => ({
    grades: [...grades],
    sections: [
      curved('1층 중앙', 'VIP', 9, 18, 12, 0, { aislesAfter: [9] }),
      curved('1층 왼쪽', 'R', 15, 11, 15, -62),
      curved('1층 오른쪽', 'R', 15, 11, 15, 62),
      curved('1층 뒤', 'R', 9, 20, 26, 0, { aislesAfter: [10], firstRow: 10 }),
      curved('2층 중앙', 'S', 9, 20, 43, 0, { aislesAfter: [10] }),
      curved('2층 왼쪽', 'S', 9, 12, 43, -29),
      curved('2층 오른쪽', 'S', 9, 12, 43, 29),
      curved('3층', 'A', 6, 28, 60, 0, { aislesAfter: [9, 19] }),
    ],
  }),
  arena: () => ({
    grades: [...grades],
    sections: [
      ...[0, 1].flatMap((row) => [-1, 0, 1].map((column) =>
        section(`F${row * 3 + column + 2}`, row ? 'R' : 'VIP', 18, 20, row ? 36 : 10, { shift: column * 22 }))),
      ...ring(101, 9, 23, 26, 25, 70, (place) => (Math.abs(place) < 3 ? 'R' : 'S')),
      ...ring(201, 13, 14.5, 22, 24, 110, (place) => (Math.abs(place) < 3 ? 'S' : 'A')),
    ],
  }),
};

function section(name, grade, rows, seatsPerRow, distance, more = {}) {
  return { name, grade, rows, seatsPerRow, distance, ...more };
}

function curved(name, grade, rows, seatsPerRow, distance, angle, more = {}) {
  return section(name, grade, rows, seatsPerRow, distance, { angle, curved: true, ...more });
}

/** Blocks side by side around the stage. */
function ring(first, count, step, rows, seatsPerRow, distance, gradeAt) {
  return Array.from({ length: count }, (_, index) => {
    const place = index - (count - 1) / 2;
    return curved(String(first + index), gradeAt(place), rows, seatsPerRow, distance, place * step);
  });
}

/** The layout as it is sent and exported: what is as it would be anyway is left out. */
export function brief(layout) {
  const isStandard = (field, value) =>
    field in sectionStandard && JSON.stringify(value) === JSON.stringify(sectionStandard[field]);
  return {
    grades: layout.grades.map(({ name, price }) => ({ name, price })),
    sections: layout.sections.map((section) =>
      Object.fromEntries(Object.entries(section).filter(([field, value]) => !isStandard(field, value)))),
  };
}

/** Offers the layout as a file. */
export function download(layout, name) {
  const file = new Blob([`${JSON.stringify(brief(layout), null, 2)}\n`], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A name that no section has yet: the next letter, or the same with a number. */
export function freeName(sections, like = '') {
  const taken = new Set(sections.map(({ name }) => name));
  if (!like) {
    const letter = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].find((one) => !taken.has(one));
    if (letter) return letter;
  }
  const stem = (like || 'A').replace(/ \d+$/, '');
  let number = 2;
  while (taken.has(`${stem} ${number}`)) number += 1;
  return `${stem} ${number}`;
}
