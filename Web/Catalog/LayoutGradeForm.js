/** The grades of a date and their prices, dearest first by convention. */
import { h, replace } from '../Page/dom.js';
import { button, field } from '../Page/components.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';
import { gradeToken } from './LayoutPreview.js';

/**
 * @param {{name: string, price: number}[]} grades
 * @param {object} on
 * @param {(index: number, changes: object) => void} on.change A new name goes to the sections of the grade, too.
 * @param {() => void} on.add
 * @param {(index: number) => void} on.remove
 * @param {(name: string) => number} on.seatsOf How many seats a grade has.
 */
export function gradeForm(grades, { change, add, remove, seatsOf }) {
  const counts = [];
  const rows = grades.map((grade, index) => {
    const name = field({
      id: `grade-${index}-name`, label: t('staffLayout.gradeName'), '.value': grade.name, maxlength: 40, autocomplete: 'off',
      on: { input: ({ target }) => change(index, { name: target.value.trim() }) },
    });
    const price = field({
      id: `grade-${index}-price`, label: t('staffLayout.price'), type: 'number', inputmode: 'numeric', min: 0,
      max: 100_000_000, step: 1000, '.value': grade.price,
      on: { input: ({ target }) => { if (Number.isInteger(target.valueAsNumber)) change(index, { price: target.valueAsNumber }); } },
    });
    counts.push(h('span', { class: 'soft small numeric' }));
    return h('li', { class: 'grade-field' },
      h('span', { class: 'grade-dot', 'aria-hidden': 'true', style: { background: `var(${gradeToken(index)})` } }),
      h('div', { class: 'grow' }, h('div', { class: 'pair' }, name.node, price.node), counts[index]),
      h('button', {
        type: 'button', class: 'button button-icon button-quiet', 'aria-label': t('staffLayout.removeGrade', { name: grade.name }),
        disabled: grades.length === 1, on: { click: () => remove(index) },
      }, icon('close')));
  });
  const node = h('form', { class: 'staff-form', on: { submit: (event) => event.preventDefault() } },
    h('ul', { role: 'list', class: 'stack' }, rows),
    h('div', { class: 'staff-form-actions' }, button(t('staffLayout.addGrade'), add, { icon: 'plus' })));
  return {
    node,
    showCounts(current) {
      current.forEach((grade, index) =>
        replace(counts[index], t('staffLayout.seatCount', { count: seatsOf(grade.name) })));
    },
  };
}
