// Why a layout would be refused, before it is sent: the same rules as the server's LayoutReader.swift, with the place.

import { seatCount, seatCountMax, seats } from './LayoutGeometry.js';

const gradeCountMax = 50;
const sectionCountMax = 1_000;
const nameLengthMax = 40;
const blockedRunsMax = 2_000;

const ranges = {
  rows: [1, 200, 'whole'],
  seatsPerRow: [1, 200, 'whole'],
  distance: [0, 10_000],
  angle: [-360, 360],
  shift: [-10_000, 10_000],
  rowSpacing: [0.5, 10],
  firstRow: [0, 10_000, 'whole'],
  firstNumber: [0, 10_000, 'whole'],
};

/**
 * What is wrong: each with the key of its text, its values, and where: `section` or `grade` by index, and the field.
 * With `isWarning` it can be saved all the same.
 */
export function problems(layout) {
  const found = [];
  checkGrades(layout.grades, found);
  checkSections(layout, found);
  const count = seatCount(layout);
  if (count > seatCountMax) found.push({ key: 'tooManySeats', values: { max: seatCountMax, count } });
  if (!found.length) checkOverlap(layout, found);
  return found;
}

function checkGrades(grades, found) {
  if (!grades.length) found.push({ key: 'noGrades' });
  if (grades.length > gradeCountMax) found.push({ key: 'tooManyGrades', values: { max: gradeCountMax } });
  const names = new Set();
  grades.forEach((grade, index) => {
    const at = { grade: index, field: 'name' };
    if (!grade.name) found.push({ key: 'gradeName', ...at });
    else if (grade.name.length > nameLengthMax) found.push({ key: 'nameLong', values: { max: nameLengthMax }, ...at });
    else if (names.has(grade.name)) found.push({ key: 'gradeTwice', values: { name: grade.name }, ...at });
    names.add(grade.name);
    if (!Number.isInteger(grade.price) || grade.price < 0 || grade.price > 100_000_000) {
      found.push({ key: 'price', values: { name: grade.name }, grade: index, field: 'price' });
    }
  });
}

function checkSections(layout, found) {
  if (!layout.sections.length) found.push({ key: 'noSections' });
  if (layout.sections.length > sectionCountMax) found.push({ key: 'tooManySections', values: { max: sectionCountMax } });
  const grades = new Set(layout.grades.map((grade) => grade.name));
  const names = new Set();
  layout.sections.forEach((section, index) => {
    const tell = (key, field, values) => found.push({ key, values: { name: section.name, ...values }, section: index, field });
    if (!section.name) tell('sectionName', 'name');
    else if (section.name.length > nameLengthMax) tell('nameLong', 'name', { max: nameLengthMax });
    else if (names.has(section.name)) tell('sectionTwice', 'name');
    names.add(section.name);
    if (!grades.has(section.grade)) tell('gradeUnknown', 'grade');
    for (const [field, [min, max, kind]] of Object.entries(ranges)) {
      const value = section[field];
      if (value === undefined && field !== 'rows' && field !== 'seatsPerRow') continue;
      const isRight = kind === 'whole' ? Number.isInteger(value) : Number.isFinite(value);
      if (!isRight || value < min || value > max) tell('range', field, { field, min, max });
    }
    checkAisles(section, tell);
    checkBlocked(section, tell);
  });
}

function checkAisles(section, tell) {
  const aisles = section.aislesAfter ?? [];
  if (aisles.length > 20) tell('tooManyAisles', 'aislesAfter', { max: 20 });
  const isWrong = (aisle) => !Number.isInteger(aisle) || aisle < 1 || aisle >= section.seatsPerRow;
  if (aisles.some(isWrong)) tell('aisle', 'aislesAfter', { max: section.seatsPerRow - 1 });
}

function checkBlocked(section, tell) {
  const runs = section.blocked ?? [];
  if (runs.length > blockedRunsMax) tell('tooManyBlocked', 'blocked', { max: blockedRunsMax });
  const isOutside = (run) =>
    !(run.row >= 1 && run.row <= section.rows && run.from >= 1 && run.from <= run.to && run.to <= section.seatsPerRow);
  if (runs.some(isOutside)) tell('blockedOutside', 'blocked');
}

/** Seats of two sections that are nearer than this are on top of one another: a seat is 1 wide. */
const nearest = 0.9;

/** Seats of different sections that lie on one another: no rule of the server's, but hardly ever meant. */
function checkOverlap(layout, found) {
  const all = seats(layout);
  const cells = new Map();
  const told = new Set();
  const cell = (value) => Math.floor(value);
  const code = (column, row) => column * 65_536 + row;
  for (let ordinal = 0; ordinal < all.count; ordinal++) {
    const [column, row] = [cell(all.x[ordinal]), cell(all.y[ordinal])];
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (const other of cells.get(code(column + dx, row + dy)) ?? []) {
          if (all.section[other] === all.section[ordinal]) continue;
          if (Math.hypot(all.x[other] - all.x[ordinal], all.y[other] - all.y[ordinal]) >= nearest) continue;
          const pair = `${all.section[other]},${all.section[ordinal]}`;
          if (told.has(pair) || told.size >= 20) continue;
          told.add(pair);
          const [first, second] = [layout.sections[all.section[other]], layout.sections[all.section[ordinal]]];
          found.push({
            key: 'overlap', values: { first: first.name, second: second.name }, section: all.section[ordinal],
            isWarning: true,
          });
        }
      }
    }
    const here = code(column, row);
    if (!cells.has(here)) cells.set(here, []);
    cells.get(here).push(ordinal);
  }
}

/**
 * Reads a layout from a file's text. Fields that the server does not know are refused here with their names, since the
 * file is likely not what it is taken for.
 */
export function parse(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: { key: 'notJSON', values: { reason: error.message } } };
  }
  if (!Array.isArray(value?.grades) || !Array.isArray(value?.sections)) return { problem: { key: 'notLayout' } }
  const known = new Set(['name', 'grade', 'curved', 'aislesAfter', 'blocked', 'numbersFromRight', ...Object.keys(ranges)]);
  const unknown = [
    ...Object.keys(value).filter((key) => key !== 'grades' && key !== 'sections'),
    ...value.grades.flatMap((grade) => Object.keys(grade ?? {}).filter((key) => key !== 'name' && key !== 'price')),
    ...value.sections.flatMap((section) => Object.keys(section ?? {}).filter((key) => !known.has(key))),
  ];
  if (unknown.length) return { problem: { key: 'unknownFields', values: { names: [...new Set(unknown)].join(', ') } } }
  if ([...value.grades, ...value.sections].some((one) => typeof one !== 'object' || one === null || Array.isArray(one))) {
    return { problem: { key: 'notLayout' } };
  }
  return { layout: value };
}
