/** The sections of a layout by name, with grade and count: the way to each of them without the canvas. */
import { h, replace } from '../Page/dom.js';
import { t } from '../Page/text.js';
import { seatCount } from './LayoutGeometry.js';
import { gradeToken } from './LayoutPreview.js';

/** @param {{select: (index: number) => void}} on */
export function sectionList({ select }) {
  const node = h('ul', { role: 'list', class: 'section-list' });
  let shown = '';
  return {
    node,
    show(layout, selected) {
      // While a field is typed in, most changes are about something that this list does not show.
      const state = JSON.stringify([
        selected, layout.grades.map(({ name }) => name),
        layout.sections.map(({ name, grade, rows, seatsPerRow }) => [name, grade, rows, seatsPerRow]),
      ]);
      if (state === shown) return;
      shown = state;
      const hadFocus = node.contains(document.activeElement);
      replace(node, layout.sections.map((section, index) => {
        const grade = layout.grades.findIndex(({ name }) => name === section.grade);
        return h('li', null, h('button', {
          type: 'button', class: 'section-item', 'aria-current': index === selected ? 'true' : null,
          on: { click: () => select(index) },
        },
        h('span', { class: 'grade-dot', 'aria-hidden': 'true', style: { background: `var(${grade < 0 ? '--danger' : gradeToken(grade)})` } }),
        h('span', { class: 'grow' }, section.name || t('staffLayout.unnamed')),
        h('span', { class: 'soft small numeric' },
          t('staffLayout.gradeAndSeats', { grade: section.grade, count: seatCount({ sections: [section] }) }))));
      }));
      const current = node.querySelector('[aria-current]');
      if (hadFocus) current?.focus();
      // Only the list scrolls: the page must stay where it is.
      if (current) node.scrollTop = Math.max(0, current.offsetTop - node.offsetTop - node.clientHeight / 2);
    },
  };
}
