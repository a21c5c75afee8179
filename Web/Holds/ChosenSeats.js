/** What the fan has chosen, what it costs, and the button that takes it. */
import { button } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';
import { gradeMark } from './GradeShapes.js';
import { seatName } from './SeatWords.js';

/** @param {() => Promise<void>} take Holds the chosen seats. */
export function chosenSeats({ layout, choice, take }) {
  const list = h('ul', { class: 'chosen-list', role: 'list' });
  const count = h('h2', { class: 'choosing-title' });
  const total = h('strong', { class: 'chosen-total numeric' });
  const label = h('span');
  const act = button(label, take, { kind: 'primary', block: true });
  const node = h('section', { class: 'chosen', 'aria-label': t('seats.chosenLabel'), hidden: true },
    h('div', { class: 'spread' }, count, total), list, act);

  function show() {
    const seats = [...choice.seats];
    node.hidden = seats.length === 0;
    count.textContent = t('seats.chosenCount', { n: seats.length, max: choice.seatCountMax });
    total.textContent = won(choice.amount);
    label.textContent = t('seats.take', { n: seats.length });
    replace(list, seats.map((seat) => {
      const label = layout.label(seat);
      return h('li', null, gradeMark(layout.gradeOf[seat]), h('span', { class: 'grow' }, seatName(label)),
        h('span', { class: 'numeric soft' }, won(label.price)),
        h('button', {
          type: 'button', class: 'chosen-remove', 'aria-label': t('seats.remove', { seat: seatName(label) }),
          on: { click: () => remove(seat) },
        }, icon('close', { size: 16 })));
    }));
  }

  /** The focus goes to what took the removed one's place: else the keyboard would begin at the top again. */
  function remove(seat) {
    const index = [...choice.seats].indexOf(seat);
    choice.toggle(seat);
    const rest = list.querySelectorAll('.chosen-remove');
    (rest[Math.min(index, rest.length - 1)] ?? document.querySelector('.choosing h1'))?.focus();
  }

  choice.onChange(show);
  return { node };
}
