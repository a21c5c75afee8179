/** A fan's reservations, the newest first; those that wait for payment say how long they still do. */
import * as api from '../Page/api.js';
import { countdown } from '../Page/clock.js';
import { badge, link, skeletonBlock, stateView } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { dateTime, remaining, won } from '../Page/format.js';
import { pagedList } from '../Page/pagedList.js';
import { t } from '../Page/text.js';
import { dateWithConcert } from '../Catalog/knownDates.js';
import { seatName } from './SeatWords.js';

const seatsShownMax = 3;

export function reservationList(signal) {
  return pagedList({
    load: async (cursor) => {
      const page = await api.reservations({ cursor, limit: 20, signal });
      const items = await Promise.all(page.items.map(async (reservation) => ({
        reservation, date: await dateWithConcert(reservation.dateId, signal).catch(() => null),
      })));
      return { ...page, items };
    },
    render: (item) => reservationCard(item, signal),
    empty: () => stateView({
      icon: 'seat', title: t('reservations.none'), text: t('reservations.noneText'), actions: [link('/', t('problem.toConcerts'), 'primary')],
    }),
    skeleton: h('div', { class: 'stack' }, skeletonBlock('10rem'), skeletonBlock('10rem')),
    listClass: 'stack', signal,
  });
}

function reservationCard({ reservation, date }, signal) {
  const state = h('div', { class: 'cluster' });
  const action = h('div', { class: 'reservation-action' });
  const title = date?.concert.title ?? t('tickets.unknownConcert');
  const show = (status) => {
    replace(state, reservationBadge(status));
    const isOpen = status === 'PENDING' || status === 'CONFIRMED';
    const label = isOpen ? t('reservations.goOn') : status === 'PAID' ? t('reservations.details') : t('reservations.look');
    replace(action, link(`/reservations/${reservation.id}`,
      h('span', null, label, h('span', { class: 'visually-hidden' }, ` ${title}`)), isOpen ? 'primary' : null));
  };
  show(reservation.status);
  if (reservation.status === 'PENDING') {
    const left = h('span', { class: 'soft small numeric', role: 'timer' });
    state.append(left);
    countdown(Date.parse(reservation.expiresAt), (ms) => { left.textContent = t('reservations.left', { time: remaining(ms) }); }, signal)
      .then(() => show('EXPIRED'));
  }
  return h('li', { class: 'card reservation-card' },
    h('div', { class: 'grow stack-tight' }, state, h('h2', null, title), date && h('p', { class: 'soft' }, dateTime(date.startsAt)),
      h('p', { class: 'small' }, seatsInShort(reservation.seats)), h('p', { class: 'numeric strong' }, won(reservation.amount))),
    action);
}

function seatsInShort(seats) {
  const shown = seats.slice(0, seatsShownMax).map((seat) => `${seat.grade} ${seatName(seat)}`).join(', ');
  return seats.length > seatsShownMax ? `${shown} ${t('reservations.andMore', { n: seats.length - seatsShownMax })}` : shown;
}

export function reservationBadge(status) {
  const kinds = { PENDING: 'accent', CONFIRMED: 'accent', PAID: 'good', EXPIRED: null, CANCELLED: null, REFUNDED: 'warn' };
  return badge(t(`reservations.${status}`), kinds[status]);
}
