/** The canvas of the layout editor: seats in the colours of their grades, the chosen section, the kept-back seats. */
import { colour, onColours } from '../Page/colours.js';
import { h } from '../Page/dom.js';
import { button } from '../Page/components.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';
import { bounds, placed, seats } from './LayoutGeometry.js';
import { seatCanvas } from './SeatCanvas.js';

export const gradeColourCount = 8;

/** The token of a grade's colour; past the eighth they come again. */
export function gradeToken(index) {
  return `--grade-${(index % gradeColourCount) + 1}`;
}

/** The colours that a canvas needs, read anew when light turns to dark. */
export function palette() {
  const grades = Array.from({ length: gradeColourCount }, (_, index) => colour(gradeToken(index)));
  return {
    grades, accent: colour('--accent'), ink: colour('--ink'), soft: colour('--ink-soft'), line: colour('--line'),
    strong: colour('--line-strong'), surface: colour('--surface'), sunken: colour('--surface-sunken'),
    danger: colour('--danger'), warn: colour('--warn'),
  };
}

/** What every canvas of seats shows beside the seats. */
export function surroundings(colours) {
  return {
    stage: { name: t('staffLayout.stage'), colour: colours.strong, ink: colours.surface },
    nameGround: colours.surface, nameInk: colours.ink, accent: colours.accent,
  };
}

/** A canvas with its buttons, which do by keyboard what wheel and fingers do. */
export function canvasFrame(canvas, view, { tools = [], label, isLow = false }) {
  const small = (name, text, act) => h('button', {
    type: 'button', class: 'button button-icon', 'aria-label': text, title: text, on: { click: act },
  }, icon(name));
  return h('div', { class: 'stack-tight' }, h('div', { class: ['seat-canvas', isLow && 'seat-canvas-low'] }, canvas),
    h('div', { class: 'seat-canvas-tools', role: 'group', 'aria-label': label }, tools,
      small('minus', t('staffLayout.zoomOut'), () => view.zoom(1 / 1.4)),
      small('plus', t('staffLayout.zoomIn'), () => view.zoom(1.4)),
      button(t('staffLayout.fit'), () => view.fit())));
}

/**
 * @param on.pick, on.drag, on.marquee as in `seatCanvas`, but with sections and places instead of ordinals
 */
export function layoutPreview({ on, signal }) {
  const canvas = h('canvas', { role: 'img', 'aria-label': t('staffLayout.preview') });
  let all = null;
  let shown = null;
  const view = seatCanvas(canvas, {
    signal,
    on: {
      pick: (ordinal) => on.pick(ordinal < 0 ? null : seatOf(ordinal)),
      drag: (ordinal, by, isDone) => on.drag(all.section[ordinal], by, isDone),
      marquee: (ordinals) => on.marquee(ordinals.map(seatOf)),
    },
  });
  const seatOf = (ordinal) => ({ section: all.section[ordinal], row: all.row[ordinal], seat: all.seat[ordinal] });

  function draw() {
    if (!shown) return;
    const { layout, selected } = shown;
    const colours = palette();
    all = seats(layout);
    view.show({
      x: all.x, y: all.y, bounds: bounds(all), groups: groups(all, layout, selected, colours),
      names: names(all, layout, selected), ...surroundings(colours),
    });
  }

  onColours(draw, signal);
  return {
    canvas, view,
    show(layout, selected) {
      shown = { layout, selected };
      draw();
    },
  };
}

/** One group for each way in which a seat may look. */
function groups(all, layout, selected, colours) {
  const found = new Map();
  for (let ordinal = 0; ordinal < all.count; ordinal++) {
    const isSelected = selected === null || all.section[ordinal] === selected;
    const key = all.grade[ordinal] * 4 + all.blocked[ordinal] * 2 + (isSelected ? 1 : 0);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(ordinal);
  }
  return [...found].sort(([one], [other]) => (one % 2) - (other % 2)).map(([key, ordinals]) => {
    const [grade, isBlocked, isSelected] = [key >> 2, (key >> 1) & 1, key & 1];
    const known = grade < layout.grades.length;
    return {
      ordinals, alpha: isSelected ? 1 : 0.35,
      colour: isBlocked ? colours.line : known ? colours.grades[grade % gradeColourCount] : colours.danger,
      mark: isBlocked ? { colour: colours.soft, shape: 'cross' } : null,
    };
  });
}

/** Each section's name over its middle. */
function names(all, layout, selected) {
  const sums = layout.sections.map(() => ({ x: 0, y: 0, count: 0, left: Infinity, right: -Infinity }));
  for (let ordinal = 0; ordinal < all.count; ordinal++) {
    const sum = sums[all.section[ordinal]];
    sum.x += all.x[ordinal];
    sum.y += all.y[ordinal];
    sum.count += 1;
    sum.left = Math.min(sum.left, all.x[ordinal]);
    sum.right = Math.max(sum.right, all.x[ordinal]);
  }
  return sums.flatMap(({ x, y, count, left, right }, index) => count ? [{
    text: layout.sections[index].name, x: x / count, y: y / count, isStrong: index === selected, extent: right - left + 1,
  }] : []);
}

/** The section after it was dragged by so many seat widths: where its first row's middle goes, the rest follows. */
export function dragged(section, { dx, dy }) {
  const whole = placed([section])[0];
  const turn = (whole.angle * Math.PI) / 180;
  if (whole.curved) {
    const [x, y] = [whole.distance * Math.sin(turn) + dx, whole.distance * Math.cos(turn) + dy];
    return { ...whole, distance: Math.hypot(x, y), angle: (Math.atan2(x, y) * 180) / Math.PI };
  }
  return {
    ...whole, shift: whole.shift + dx * Math.cos(turn) - dy * Math.sin(turn),
    distance: Math.max(0, whole.distance + dx * Math.sin(turn) + dy * Math.cos(turn)),
  };
}

/** Places that a person means: half a seat, half a degree. */
export function snapped(section) {
  const half = (value) => Math.round(value * 2) / 2;
  return { ...section, distance: half(section.distance), angle: half(section.angle), shift: half(section.shift) };
}
