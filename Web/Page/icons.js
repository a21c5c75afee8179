/** Our own icons: lines of one weight on a square of 24, in the colour of the text beside them. */
import { svg } from './dom.js';

const paths = {
  alert: 'M12 8v5m0 3v.5M10.3 4 2.6 17.2A2 2 0 0 0 4.3 20h15.4a2 2 0 0 0 1.7-2.8L13.7 4a2 2 0 0 0-3.4 0Z',
  arrow: 'M5 12h14m-6-6 6 6-6 6',
  back: 'M19 12H5m6-6-6 6 6 6',
  bell: 'M6 16V11a6 6 0 1 1 12 0v5l1.5 2h-15L6 16Zm4 5h4',
  calendar: 'M7 3v4m10-4v4M4 10h16M6 5h12a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z',
  camera: 'M4 8h3l2-3h6l2 3h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Zm8 9a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z',
  card: 'M3 10h18M7 15h3M5 5h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  chevron: 'm9 5 7 7-7 7',
  clock: 'M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  close: 'M6 6l12 12M18 6 6 18',
  door: 'M14 12v.5M4 21h16M6 21V5a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v16',
  down: 'M12 4v12m-5-5 5 5 5-5M5 20h14',
  edit: 'm14 6 4 4M4 20l1-5L16 4l4 4L9 19l-5 1Z',
  info: 'M12 11v5m0-8.5V8m0-5a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
  map: 'M9 4 3 6.5v13L9 17l6 3 6-2.5v-13L15 7 9 4Zm0 0v13m6-10v13',
  minus: 'M5 12h14',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z',
  offline: 'M3 3l18 18M8.5 15.5a5 5 0 0 1 7 0M5.6 12.2a9.5 9.5 0 0 1 3.2-2M2.5 9a14 14 0 0 1 3.8-2.6M21.5 9A14 14 0 0 0 11 5m7.4 7.2a9.5 9.5 0 0 0-3.4-2.1M12 19.5h.01',
  pause: 'M9 5v14M15 5v14',
  people: 'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 9c0-3.5 3-6 7-6s7 2.5 7 6M16 3.5a4 4 0 0 1 0 7M18 14.5c2.4.8 4 2.9 4 5.5',
  pin: 'M12 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm0 8s7-6.2 7-11a7 7 0 1 0-14 0c0 4.8 7 11 7 11Z',
  play: 'M7 5v14l12-7L7 5Z',
  plus: 'M12 5v14M5 12h14',
  redo: 'm15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3',
  refresh: 'M20 11A8 8 0 0 0 5.5 7L3 9.5M3 4v5.5h5.5M4 13a8 8 0 0 0 14.5 4l2.5-2.5M21 20v-5.5h-5.5',
  search: 'm20 20-4.5-4.5M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z',
  seat: 'M7 12V6a3 3 0 0 1 3-3h4a3 3 0 0 1 3 3v6M5 11v4a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-4M8 17v4m8-4v4',
  star: 'm12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 16.9l-5.2 2.8 1-5.9-4.3-4.1 5.9-.8L12 3.5Z',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm0-13v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4',
  ticket: 'M14 6v2m0 3v2m0 3v2M4 6h16a1 1 0 0 1 1 1v3a2 2 0 0 0 0 4v3a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-3a2 2 0 0 0 0-4V7a1 1 0 0 1 1-1Z',
  undo: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  user: 'M12 12a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm-8 9c0-4 3.5-6.5 8-6.5s8 2.5 8 6.5',
  wallet: 'M16 13.5h.01M4 7a2 2 0 0 1 2-2h11v4M4 7v10a2 2 0 0 0 2 2h13a1 1 0 0 0 1-1v-8a1 1 0 0 0-1-1H6a2 2 0 0 1-2-2Z',
};

/** An icon that says nothing by itself: the text beside it, or the label of its button, does. */
export function icon(name, { size = 20 } = {}) {
  return svg('svg', {
    viewBox: '0 0 24 24', width: size, height: size, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.75,
    'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true', focusable: 'false',
  }, svg('path', { d: paths[name] }));
}

/** The mark of the house: a seat, seen from behind. */
export function mark() {
  return svg('svg', { viewBox: '0 0 26 26', width: 26, height: 26, 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { class: 'back', d: 'M7.5 2h11A3.5 3.5 0 0 1 22 5.5V14H4V5.5A3.5 3.5 0 0 1 7.5 2Z' }),
    svg('path', { class: 'cushion', d: 'M2 12.5a2 2 0 0 1 4 0V17h14v-4.5a2 2 0 0 1 4 0V19a3 3 0 0 1-3 3h-1v1.2a1.3 1.3 0 0 1-2.6 0V22H8.6v1.2a1.3 1.3 0 0 1-2.6 0V22H5a3 3 0 0 1-3-3Z' }));
}
