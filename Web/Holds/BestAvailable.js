/** The best seats beside each other, taken with one tap: for whoever wants to sit well and not to study a plan. */
import { button } from '../Page/components.js';
import { h } from '../Page/dom.js';
import { won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';

const usualCount = 2;

/**
 * @param {(wish: {grade: string, count: number}) => Promise<void>} take Holds them.
 * @returns {{node: HTMLElement, changed: () => void, setWanted: (grade: number|null) => void}}
 */
export function bestAvailable({ layout, states, seatCountMax, take }) {
  let count = Math.min(usualCount, seatCountMax);
  const shown = h('output', { 'aria-live': 'polite' });
  const fewer = step('minus', t('seats.fewer'), -1);
  const more = step('plus', t('seats.more'), 1);
  const select = h('select', { id: 'best-grade', class: 'input', on: { change: show } },
    layout.grades.map((grade, index) => h('option', { value: index }, t('seats.gradeOption', { name: grade.name, price: won(grade.price) }))));
  const label = h('span');
  const act = button(label, async () => {
    await take({ grade: layout.grades[select.value].name, count });
    // The button is set free when this is over; whether it may be, `show` knows.
    setTimeout(show);
  }, { kind: 'primary', block: true });
  // Grades come the dearest first; a grade without a seat is no suggestion.
  select.value = String(Math.max(0, layout.grades.findIndex((_, index) => states.freeOf[index] >= count)));
  const node = h('section', { class: 'best', 'aria-labelledby': 'best-title' },
    h('h2', { id: 'best-title', class: 'choosing-title' }, t('seats.bestTitle')),
    h('div', { class: 'best-row' },
      h('label', { class: 'visually-hidden', for: 'best-grade' }, t('seats.bestGrade')), select,
      h('div', { class: 'stepper', role: 'group', 'aria-label': t('seats.bestCount') }, fewer, shown, more)),
    act);

  function step(name, text, by) {
    return h('button', {
      type: 'button', class: 'button button-icon', 'aria-label': text, on: {
        click: () => {
          count = Math.min(seatCountMax, Math.max(1, count + by));
          show();
        },
      },
    }, icon(name));
  }

  function show() {
    shown.textContent = t('seats.count', { n: count });
    fewer.disabled = count <= 1;
    more.disabled = count >= seatCountMax;
    const price = layout.grades[select.value].price * count;
    label.textContent = t('seats.takeBest', { n: count, price: won(price) });
    if (act.getAttribute('aria-busy') !== 'true') act.disabled = states.freeOf[select.value] < count;
  }

  function changed() {
    [...select.options].forEach((option, index) => { option.disabled = states.freeOf[index] === 0; });
    show();
  }
  changed();

  return {
    node, changed,
    setWanted(grade) {
      if (grade === null) return;
      select.value = String(grade);
      show();
    },
  };
}
