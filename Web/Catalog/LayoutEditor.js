/**
 * The layout as it is being edited, with what it was before. It knows nothing of the page: a test drives it as a person
 * would.
 */
import { blocking, placed, seatCount } from './LayoutGeometry.js';
import { freeName } from './LayoutStarts.js';

const historyMax = 100;

/** @param {{grades: object[], sections: object[]}} layout As the server keeps it, or empty. */
export function layoutEditor(layout) {
  let now = { layout: whole(layout), selected: layout.sections.length ? 0 : null };
  let saved = now.layout;
  const before = [];
  const after = [];
  /** Typing in one field is one step back, not one a key. */
  let lastStep = null;

  function step(next, name = null) {
    if (name === null || name !== lastStep) {
      before.push(now);
      if (before.length > historyMax) before.shift();
    }
    lastStep = name;
    after.length = 0;
    now = { ...now, ...next };
  }

  const withSections = (sections) => ({ ...now.layout, sections });
  const withSection = (index, section) => withSections(now.layout.sections.map((one, at) => (at === index ? section : one)));

  return {
    get layout() { return now.layout; },
    get selected() { return now.selected; },
    get section() { return now.selected === null ? null : now.layout.sections[now.selected]; },
    get isChanged() { return now.layout !== saved; },
    get canUndo() { return before.length > 0; },
    get canRedo() { return after.length > 0; },

    select(index) {
      now = { ...now, selected: index };
      lastStep = null;
    },

    /** Changes fields of a section. `name` is the same for changes that are one step back. */
    changeSection(index, changes, name) {
      step({ layout: withSection(index, { ...now.layout.sections[index], ...changes }) }, name && `${index} ${name}`);
    },

    addSection(section) {
      const last = now.layout.sections.at(-1);
      const made = section ?? {
        name: freeName(now.layout.sections), grade: last?.grade ?? now.layout.grades[0]?.name ?? '', rows: 10,
        seatsPerRow: 20, distance: last ? last.distance + last.rows * last.rowSpacing + 2 : 8,
      };
      step({
        layout: whole(withSections([...now.layout.sections, ...placed([made])])), selected: now.layout.sections.length,
      });
    },

    /** The same again: `mirrored` on the other side of the stage, else behind. */
    duplicate({ mirrored }) {
      const section = now.layout.sections[now.selected];
      const name = freeName(now.layout.sections, section.name);
      if (mirrored) {
        this.addSection({
          ...section, name, angle: -section.angle, shift: -section.shift,
          aislesAfter: section.aislesAfter.map((aisle) => section.seatsPerRow - aisle).sort((one, other) => one - other),
          blocked: section.blocked.map(({ row, from, to }) =>
            ({ row, from: section.seatsPerRow + 1 - to, to: section.seatsPerRow + 1 - from })),
        });
      } else {
        this.addSection({ ...section, name, distance: section.distance + section.rows * section.rowSpacing + 2 });
      }
    },

    /** Sections are sold, listed and proposed in this order. */
    moveSection(by) {
      const to = now.selected + by;
      if (to < 0 || to >= now.layout.sections.length) return;
      const sections = [...now.layout.sections];
      sections.splice(to, 0, ...sections.splice(now.selected, 1));
      step({ layout: withSections(sections), selected: to });
    },

    removeSection() {
      const sections = now.layout.sections.filter((_, index) => index !== now.selected);
      step({ layout: withSections(sections), selected: sections.length ? Math.min(now.selected, sections.length - 1) : null });
    },

    /** Keeps these seats back; if they all are already, gives them to the sale. `places` are {section, row, seat}. */
    toggleBlocked(places) {
      if (!places.length) return;
      const bySection = Map.groupBy(places, ({ section }) => section);
      const isBlocked = ({ section, row, seat }) => now.layout.sections[section].blocked
        .some((run) => run.row === row + 1 && run.from <= seat + 1 && seat + 1 <= run.to);
      const block = !places.every(isBlocked);
      step({
        layout: withSections(now.layout.sections.map((section, index) => (bySection.has(index)
          ? blocking(section, bySection.get(index).map(({ row, seat }) => [row, seat]), block) : section))),
      });
    },

    /** A new name of a grade is followed by its sections. */
    changeGrade(index, changes) {
      const old = now.layout.grades[index];
      const grades = now.layout.grades.map((grade, at) => (at === index ? { ...grade, ...changes } : grade));
      const isTaken = now.layout.grades.some((grade, at) => at !== index && grade.name === changes.name);
      const isRenamed = changes.name !== undefined && changes.name !== old.name && !isTaken;
      const sections = isRenamed
        ? now.layout.sections.map((section) => (section.grade === old.name ? { ...section, grade: changes.name } : section))
        : now.layout.sections;
      step({ layout: { grades, sections } }, `grade ${index} ${Object.keys(changes).join()}`);
    },

    addGrade() {
      const taken = new Set(now.layout.grades.map(({ name }) => name));
      const name = ['VIP', 'R', 'S', 'A', 'B', 'C'].find((one) => !taken.has(one)) ?? freeName(now.layout.grades, 'C');
      const price = Math.max(0, (now.layout.grades.at(-1)?.price ?? 132_000) - 33_000);
      step({ layout: { ...now.layout, grades: [...now.layout.grades, { name, price }] } });
    },

    removeGrade(index) {
      step({ layout: { ...now.layout, grades: now.layout.grades.filter((_, at) => at !== index) } });
    },

    /** Another layout in its place: from a file, another date, or a beginning. */
    replace(layout) {
      step({ layout: whole(layout), selected: layout.sections.length ? 0 : null });
    },

    undo() {
      if (!before.length) return;
      after.push(now);
      now = before.pop();
      lastStep = null;
    },

    redo() {
      if (!after.length) return;
      before.push(now);
      now = after.pop();
      lastStep = null;
    },

    markSaved() {
      saved = now.layout;
    },

    seatsOf(grade) {
      return seatCount({ sections: now.layout.sections.filter((section) => section.grade === grade) });
    },
  };
}

/** With every field of every section filled in, so that forms need not ask. */
function whole(layout) {
  return { grades: layout.grades.map((grade) => ({ ...grade })), sections: placed(layout.sections) };
}
