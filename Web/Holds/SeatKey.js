/** What the marks on the map mean, drawn as the map draws them. */
import { h, svg } from '../Page/dom.js';
import { t } from '../Page/text.js';

const marks = {
  stateFree: () => [svg('circle', { r: 6, class: 'key-free' })],
  stateChosen: () => [
    svg('circle', { r: 7, class: 'key-chosen' }), svg('path', { d: 'M-3 0l2 2.4L3-2.4', class: 'key-tick' }),
  ],
  stateHeld: () => [svg('circle', { r: 5, class: 'key-held' })],
  stateSold: () => [svg('circle', { r: 2.6, class: 'key-sold' })],
  stateBlocked: () => [svg('path', { d: 'M-3-3 3 3M3-3-3 3', class: 'key-blocked' })],
};

export function seatKey() {
  return h('ul', { class: 'seat-key', role: 'list', 'aria-label': t('seats.keyLabel') },
    Object.entries(marks).map(([name, draw]) => h('li', null,
      svg('svg', { viewBox: '-8 -8 16 16', 'aria-hidden': 'true' }, draw()), t(`seats.${name}`))));
}
