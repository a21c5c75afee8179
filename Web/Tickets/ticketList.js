/** A fan's tickets, those of one date together. */
import * as api from '../Page/api.js';
import { badge, link, skeletonBlock, stateView } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { dateTime } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { pagedList } from '../Page/pagedList.js';
import { t } from '../Page/text.js';
import { dateWithConcert } from '../Catalog/knownDates.js';
import { poster } from '../Catalog/poster.js';
import { seatName } from '../Holds/SeatWords.js';

export function ticketList(signal) {
  return pagedList({
    load: async (cursor) => {
      const page = await api.tickets({ cursor, limit: 50, signal });
      return { ...page, items: await byDate(page.items, signal) };
    },
    render: dateOfTickets,
    empty: () => stateView({
      icon: 'ticket', title: t('tickets.none'), text: t('tickets.noneText'), actions: [link('/', t('problem.toConcerts'), 'primary')],
    }),
    skeleton: h('div', { class: 'stack' }, skeletonBlock('9rem'), skeletonBlock('9rem')),
    listClass: 'stack', signal,
  });
}

async function byDate(tickets, signal) {
  const groups = Map.groupBy(tickets, (ticket) => ticket.dateId);
  return Promise.all([...groups].map(async ([dateId, ofDate]) => ({
    date: await dateWithConcert(dateId, signal).catch(() => null), tickets: ofDate.toSorted(bySeat),
  })));
}

function bySeat(a, b) {
  const key = ({ seat }) => [seat.section, seat.row.padStart(4, '0'), seat.number.padStart(4, '0')].join(' ');
  return key(a).localeCompare(key(b));
}

function dateOfTickets({ date, tickets }) {
  return h('li', { class: 'card ticket-group' },
    h('div', { class: 'ticket-poster' }, date && poster(date.concert)),
    h('div', { class: 'grow' },
      h('h2', null, date?.concert.title ?? t('tickets.unknownConcert')),
      date && h('p', { class: 'soft' }, dateTime(date.startsAt)),
      date && h('p', { class: 'soft small' }, date.concert.venue)),
    h('ul', { role: 'list', class: 'ticket-rows' }, tickets.map((ticket) => h('li', null,
      h('a', { href: `/tickets/${ticket.id}`, class: 'ticket-row' },
        icon('ticket'), h('span', { class: 'grow' }, h('span', { class: 'strong' }, seatName(ticket.seat)), ' ', h('span', { class: 'soft' }, ticket.seat.grade)),
        ticketBadge(ticket), icon('chevron'))))));
}

export function ticketBadge({ status }) {
  const kinds = { VALID: 'good', USED: null, VOID: 'danger' };
  return badge(t(`tickets.${status}`), kinds[status]);
}
