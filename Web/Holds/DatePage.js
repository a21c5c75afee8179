/**
 * `/dates/{id}`: the way from the waiting room to seats that are held. One page in phases, so that nothing is lost on
 * the way: wait, choose, hold.
 */
import * as api from '../Page/api.js';
import { link, problemView, skeletonBlock, skeletonLines, stateView } from '../Page/components.js';
import { pause } from '../Page/clock.js';
import { h, replace } from '../Page/dom.js';
import { requireUser } from '../Page/session.js';
import { t } from '../Page/text.js';
import { waitForTurn } from '../WaitingRoom/WaitingRoom.js';
import { heldSeats } from './heldSeats.js';
import { SeatLayout } from './SeatLayout.js';
import { seatPicker } from './SeatPicker.js';
import { SeatStates } from './SeatStates.js';

/** For servers that do not say how many seats one fan may have: they refuse what is too many. */
const seatCountMaxUsual = 4;
const requeueMs = 1_000;

export async function open({ params, main, signal, title }) {
  replace(main, h('div', { class: 'page', 'aria-busy': 'true' }, skeletonLines(40, 60)));
  if (!await requireUser()) return;
  const date = await api.date(params.id, signal);
  const concert = await api.concert(date.concertId, signal);
  title(concert.title);
  if (date.status === 'CLOSED' || date.status === 'CANCELLED') {
    replace(main, notOnSale(date, concert));
    return;
  }
  let kept = [];
  // A fan whose stay has ended waits again, and finds what was chosen chosen again as far as it is free.
  while (!signal.aborted) {
    const turn = await waitForTurn({ dateId: date.id, date, concert, main, signal });
    if (!turn) return;
    const own = await heldSeats(date.id, signal);
    const outcome = await choose({ date, concert, turn, own, kept, main, signal });
    if (outcome.result !== 'stayEnded') return;
    kept = outcome.seats;
    // Should the server's clock and ours disagree for a moment, nobody asks without a pause.
    await pause(requeueMs, signal);
  }
}

/** Shows the seats until some are held, the stay ends or the page is left. */
async function choose({ date, concert, turn, own, kept, main, signal }) {
  replace(main, skeleton());
  const leaving = new AbortController();
  signal.addEventListener('abort', () => leaving.abort(signal.reason), { once: true });
  try {
    const layout = new SeatLayout(await api.seatMap(date.id, date.layoutVersion, signal));
    const states = new SeatStates(layout);
    const picker = seatPicker({
      date, concert, turn, own, layout, states, kept, seatCountMax: date.seatsPerFanMax ?? seatCountMaxUsual,
      signal: leaving.signal,
    });
    return await picker.choose(main);
  } catch (problem) {
    if (problem.name !== 'Problem') throw problem;
    return await new Promise((resolve) => {
      replace(main, problemView(problem, () => resolve(choose({ date, concert, turn, own, kept, main, signal })), { level: 'h1' }));
    });
  } finally {
    leaving.abort();
  }
}

function notOnSale(date, concert) {
  const isCancelled = date.status === 'CANCELLED';
  return h('div', { class: 'page-narrow' }, stateView({
    level: 'h1', icon: 'calendar',
    title: t(isCancelled ? 'seats.cancelledTitle' : 'seats.closedTitle'),
    text: t(isCancelled ? 'seats.cancelled' : 'seats.closed', { title: concert.title }),
    actions: [link(`/concerts/${concert.id}`, t('seats.otherDates'), 'primary')],
  }));
}

function skeleton() {
  return h('div', { class: 'choosing', 'aria-busy': 'true' },
    h('div', { class: 'choosing-head' }, skeletonLines(50)),
    h('div', { class: 'choosing-grades' }, skeletonBlock('2.75rem')),
    h('div', { class: 'choosing-plan' }, h('div', { class: 'skeleton choosing-skeleton' })),
    h('div', { class: 'choosing-side' }, skeletonBlock('6rem')));
}
