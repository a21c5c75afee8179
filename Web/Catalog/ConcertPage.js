/** One concert: what it is, when, for how much, and the way to its seats. */
import * as api from '../Page/api.js';
import { countdown, pause, serverNow } from '../Page/clock.js';
import { badge, banner, link, skeletonBlock, skeletonLines, stateView } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { dateTime, day, duration, number, remaining, time, won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';
import { poster } from './poster.js';

/** How often the counts of free seats are looked at again. */
const refreshMs = 20_000;
/** From here on a countdown shows every second. */
const closeMs = 24 * 3600 * 1000;

export async function open({ params, main, signal, title }) {
  replace(main, skeleton());
  const [concert, dates] = await Promise.all([api.concert(params.id, signal), api.dates(params.id, signal)]);
  title(concert.title);
  const list = h('div', { class: 'stack' });
  replace(main, h('article', { class: 'page concert' },
    h('div', { class: 'concert-poster' }, poster(concert)),
    h('header', { class: 'concert-head stack-tight' },
      h('p', { class: 'soft strong' }, concert.artist),
      h('h1', null, concert.title),
      h('p', { class: 'concert-place soft' }, icon('pin'), h('span', null, concert.venue))),
    h('div', { class: 'concert-body stack-loose' },
      concert.description && h('p', { class: 'concert-description' }, concert.description),
      concert.status === 'CANCELLED' && banner('danger', t('concert.cancelled')),
      h('section', { class: 'stack', 'aria-labelledby': 'dates-heading' },
        h('h2', { id: 'dates-heading' }, t('concert.dates')), list))));
  keepFresh(concert, dates.items, list, signal);
}

/** Shows the dates, and shows them anew when one of them has changed: a sale opens, seats go. */
async function keepFresh(concert, first, list, signal) {
  let dates = first;
  let shown = null;
  let opened = null;
  let timers = new AbortController();
  signal.addEventListener('abort', () => timers.abort(), { once: true });
  for (;;) {
    const found = await withSoldOut(dates, signal).catch(() => dates);
    if (signal.aborted) return;
    const text = JSON.stringify(found);
    if (text !== shown || opened.hasHappened) {
      shown = text;
      timers.abort();
      timers = new AbortController();
      opened = event();
      showDates(concert, found, list, timers.signal, opened.happen);
    }
    try {
      await Promise.race([pause(refreshMs, signal), opened.promise]);
      while (document.hidden) await pause(1000, signal);
      dates = (await api.dates(concert.id, signal)).items;
    } catch {
      if (signal.aborted) return;
      // What is shown is a little old; the next look may succeed.
    }
  }
}

/** Something that happens once, and can be waited for and asked about. */
function event() {
  const made = { hasHappened: false };
  made.promise = new Promise((resolve) => { made.happen = () => { made.hasHappened = true; resolve(); }; });
  return made;
}

/** A date without a free seat may have held ones, which come back: only the waiting room knows. */
function withSoldOut(dates, signal) {
  return Promise.all(dates.map(async (date) => {
    if (date.status !== 'ON_SALE' || date.seatsAvailable > 0 || date.seatsTotal === 0) return date;
    return { ...date, isSoldOut: (await api.queue(date.id, signal)).soldOut };
  }));
}

function showDates(concert, dates, list, signal, opened) {
  if (dates.length === 0) {
    replace(list, stateView({ icon: 'calendar', level: 'h3', title: t('concert.noDates'), text: t('concert.noDatesText') }));
    return;
  }
  // A list that is shown anew must not take the focus from the link that has it.
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  replace(list, h('ul', { role: 'list', class: 'stack' }, dates.map((date) => dateCard(concert, date, signal, opened))));
  if (focused) list.querySelector(`a[href="${focused}"]`)?.focus({ preventScroll: true });
}

function dateCard(concert, date, signal, opened) {
  const state = stateOf(concert, date);
  return h('li', { class: ['card', 'date-card', state.isOver && 'date-over'] },
    h('div', { class: 'date-when' },
      h('h3', null, h('time', { datetime: date.startsAt }, day(date.startsAt))),
      h('p', { class: 'date-time' }, icon('clock'), time(date.startsAt))),
    h('div', { class: 'date-state' }, badge(state.label, state.kind), state.note && h('p', { class: 'soft small numeric' }, state.note)),
    date.grades.length > 0 && h('ul', { role: 'list', class: 'grades', 'aria-label': t('concert.prices') },
      date.grades.map((grade) => h('li', null,
        h('span', { class: 'soft' }, grade.name), ' ', h('span', { class: 'numeric strong' }, won(grade.price))))),
    state.isBefore && opening(date, signal, opened),
    state.action && h('div', { class: 'date-action' },
      link(`/dates/${date.id}`, h('span', null, state.action, h('span', { class: 'visually-hidden' }, ` ${dateTime(date.startsAt)}`)),
        state.isBefore || date.isSoldOut ? null : 'primary', { large: true, block: true })));
}

function stateOf(concert, date) {
  if (concert.status === 'CANCELLED' || date.status === 'CANCELLED') {
    return { label: t('concert.dateCancelled'), kind: 'danger', isOver: true };
  }
  if (date.status === 'CLOSED') return { label: t('concert.closed'), isOver: true };
  if (date.seatsTotal === 0) return { label: t('concert.preparing'), note: t('concert.preparingText') };
  if (date.status === 'SCHEDULED') {
    return { label: t('concert.before'), kind: 'accent', isBefore: true, action: t('concert.waitHere') };
  }
  if (date.isSoldOut) return { label: t('concert.soldOut'), kind: 'warn', note: t('concert.soldOutText'), action: t('concert.lookAnyway') };
  if (date.seatsAvailable === 0) return { label: t('concert.allHeld'), kind: 'warn', note: t('concert.allHeldText'), action: t('concert.book') };
  return {
    label: t('concert.onSale'), kind: 'good', action: t('concert.book'),
    note: t('concert.left', { available: date.seatsAvailable, total: date.seatsTotal }),
  };
}

/** When the sale opens, and how long that is, on the server's clock. */
function opening(date, signal, opened) {
  const opensMs = Date.parse(date.saleOpensAt);
  const figure = h('p', { class: 'opening-figure numeric', role: 'timer' });
  // The sale may be in the list as not open although the clock has passed it by a moment.
  countdown(Math.max(opensMs, serverNow() + 500), (leftMs) => {
    figure.textContent = leftMs < closeMs ? remaining(leftMs) : duration(leftMs);
  }, signal).then(opened);
  return h('div', { class: 'opening' },
    h('p', { class: 'soft small' }, t('concert.opensAt', { time: dateTime(date.saleOpensAt) })), figure,
    h('p', { class: 'soft small' }, t('concert.drawNote')));
}

function skeleton() {
  return h('div', { class: 'page concert' },
    h('div', { class: 'concert-poster' }, h('div', { class: 'poster skeleton', 'aria-hidden': 'true' })),
    h('div', { class: 'concert-head' }, skeletonLines(30, 70, 40)),
    h('div', { class: 'concert-body stack-loose' }, skeletonLines(100, 90), skeletonBlock('11rem'), skeletonBlock('11rem')));
}
