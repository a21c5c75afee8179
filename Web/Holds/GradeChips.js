/** The grades with shape, colour, price and what is left: the legend of the map, and a way to see one grade alone. */
import { h } from '../Page/dom.js';
import { number, won } from '../Page/format.js';
import { t } from '../Page/text.js';
import { gradeMark } from './GradeShapes.js';

/**
 * @param {(grade: number|null) => void} want Called with the grade that the fan wants to see, or null for all.
 */
export function gradeChips({ layout, states, want }) {
  let wanted = null;
  const chips = layout.grades.map((grade, index) => {
    const free = h('span', { class: 'grade-chip-free numeric' });
    const chip = h('button', {
      type: 'button', class: 'chip grade-chip', 'aria-pressed': 'false', on: { click: () => choose(wanted === index ? null : index) },
    }, gradeMark(index), h('span', { class: 'strong' }, grade.name), h('span', { class: 'numeric' }, won(grade.price)), free);
    return { chip, free, shown: -1 };
  });
  const node = h('div', { class: 'grade-chips', role: 'group', 'aria-label': t('seats.gradesLabel') },
    chips.map(({ chip }) => chip));

  function choose(index) {
    wanted = index;
    chips.forEach(({ chip }, each) => chip.setAttribute('aria-pressed', String(each === wanted)));
    want(wanted);
  }

  /** Says how many seats of each grade are left now. */
  function changed() {
    chips.forEach((entry, index) => {
      const count = states.freeOf[index];
      if (entry.shown === count) return;
      entry.shown = count;
      entry.free.textContent = count ? t('seats.gradeFree', { n: number(count) }) : t('seats.sectionSoldOut');
      entry.chip.classList.toggle('is-sold-out', count === 0);
    });
  }
  changed();
  return { node, changed };
}
