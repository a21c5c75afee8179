/** How each grade stands: what is sold, held, kept back and free, as a bar and as figures. */
import { h, replace } from '../Page/dom.js';
import { number, won } from '../Page/format.js';
import { t } from '../Page/text.js';

const parts = ['sold', 'held', 'blocked', 'available'];

export function gradeTable() {
  const body = h('tbody');
  const node = h('section', { class: 'card stack', 'aria-labelledby': 'grades' },
    h('div', { class: 'spread' }, h('h2', { id: 'grades' }, t('staffSale.grades')),
      h('ul', { role: 'list', class: 'legend small' }, parts.map((part) =>
        h('li', null, h('span', { class: ['swatch', `is-${part}`], 'aria-hidden': 'true' }), t(`staffSale.${part}`))))),
    // What can be scrolled must be reached without a mouse.
    h('div', { class: 'table-scroll', tabindex: '0', role: 'group', 'aria-labelledby': 'grades' },
      h('table', { class: 'table' },
        h('thead', null, h('tr', null, ['grade', ...parts, 'total', 'revenue'].map((name, i) =>
          h('th', { scope: 'col', class: i ? 'end' : null }, t(`staffSale.${name}`))))), body)));
  return {
    node,
    show(grades) {
      replace(body, grades.map((grade) => [
        h('tr', { class: 'grade-row' },
          h('th', { scope: 'row' }, h('span', { class: 'grade-name' }, grade.name), ' ',
            h('span', { class: 'soft small' }, won(grade.price))),
          [...parts, 'total'].map((part) => h('td', { class: 'end' }, number(grade[part]))),
          h('td', { class: 'end strong' }, won(grade.revenue))),
        h('tr', { class: 'grade-bar-row', 'aria-hidden': 'true' }, h('td', { colspan: 7 }, bar(grade))),
      ]));
    },
  };
}

function bar(grade) {
  return h('div', { class: 'grade-bar' }, parts.filter((part) => grade[part] > 0).map((part) =>
    h('span', { class: `is-${part}`, style: { flexGrow: String(grade[part]) } })));
}
